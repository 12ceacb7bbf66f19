import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { pipeline, Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { releaseEndpoints } from '../../../server/contract/releases.ts'
import type { Cli } from '../../cli.ts'
import type { Action } from '../../command.ts'
import { CliError, EXIT } from '../../exit.ts'
import type { Input } from '../../input.ts'
import { capture } from '../../spawn.ts'
import { followBuild } from './follow-build.ts'
import { filesOf } from './list-files.ts'
import { tarOf } from './tar.ts'

export const deployFolder: Action = (cli, input) => uploadFolder(cli, input, input.args[0] ?? '.')

/** `--git`, `--archive` or `--dir`: one of them. */
export const createBuild: Action = async (cli, input) => {
  const [git, archive, dir] = [input.text('git'), input.text('archive'), input.text('dir')]
  if ([git, archive, dir].filter((one) => one !== undefined).length > 1) {
    throw new CliError('usage', 'Only one of --dir, --archive and --git can be built.', { exit: EXIT.usage })
  }
  if (git !== undefined) {
    const app = await cli.app()
    const ref = input.text('ref') ?? 'HEAD'
    const url = withToken(git, cli.environment.gitToken)
    return await followBuild(cli, input, app, { source: { kind: 'git', url, ref } })
  }
  if (input.text('ref') !== undefined) {
    throw new CliError('usage', '--ref belongs to --git.', { exit: EXIT.usage })
  }
  if (archive === undefined) return await uploadFolder(cli, input, dir ?? '.')
  const file = resolve(archive)
  const facts = await stat(file).catch(() => null)
  if (facts?.isFile() !== true) throw new CliError('no_file', `${file} is not a file.`)
  return await upload(cli, input, createReadStream(file), input.text('label') ?? basename(file))
}

/** A token of the environment instead of one on the command line, which every process of the machine can read. */
function withToken(url: string, token: string | undefined): string {
  if (token === undefined || !URL.canParse(url)) return url
  const whole = new URL(url)
  if (whole.username !== '') return url
  whole.username = 'git'
  whole.password = token
  return whole.href
}

async function uploadFolder(cli: Cli, input: Input, named: string): Promise<void> {
  const folder = resolve(named)
  const facts = await stat(folder).catch(() => null)
  if (facts?.isDirectory() !== true) {
    throw new CliError('no_folder', `${folder} is not a folder.`, { hint: 'Type: skypanel deploy DIR' })
  }
  const files = await filesOf(folder)
  if (files.length === 0) {
    throw new CliError('no_folder', `There is nothing to deploy in ${folder}.`, {
      hint: 'Are all of its files named in .gitignore or .slugignore?',
    })
  }
  const label = input.text('label') ?? (await describeFolder(folder))
  const packed = pipeline(Readable.from(tarOf(folder, files)), createGzip({ level: 6 }), () => undefined)
  await upload(cli, input, packed, label)
}

/** `1a2b3c4d`, or `1a2b3c4d+` when files differ from that commit; the folder's name where there is none. */
async function describeFolder(folder: string): Promise<string> {
  const head = await capture(['git', 'rev-parse', '--short=8', 'HEAD'], { cwd: folder })
  if (head.code !== 0) return basename(folder)
  const changed = await capture(['git', 'status', '--porcelain', '--', '.'], { cwd: folder })
  return `${head.stdout.trim()}${changed.stdout === '' ? '' : '+'}`
}

async function upload(cli: Cli, input: Input, bytes: Readable, label: string): Promise<void> {
  const app = await cli.app()
  const api = await cli.api()
  const { id } = await cli.progress(
    `Uploading ${label}`,
    () => api.upload(releaseEndpoints.upload, { params: { app } }, bytes),
    ({ files }) => `done, ${files} ${files === 1 ? 'file' : 'files'}`,
  )
  const source = { kind: 'upload', upload: id, label: label.slice(0, 100) } as const
  await followBuild(cli, input, app, { source })
}
