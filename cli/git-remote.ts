import { CliError, EXIT } from './exit.ts'
import { capture } from './spawn.ts'

export const REMOTE = 'skypanel'

export interface GitRemote {
  readonly name: string
  readonly url: string
}

/** `remote.<name>.url <url>` lines, as `git config --get-regexp` prints them. */
export function parseRemotes(text: string): GitRemote[] {
  return text.split('\n').flatMap((line) => {
    const match = /^remote\.(.+)\.url (.+)$/.exec(line)
    return match?.[1] === undefined || match[2] === undefined ? [] : [{ name: match[1], url: match[2] }]
  })
}

/** The app that a remote of ours pushes to: `<origin>/git/<app>.git`. */
export function appOfUrl(url: string): string | undefined {
  return /^https?:\/\/[^/]+\/git\/([^/]+?)(?:\.git)?\/?$/.exec(url)?.[1]
}

/** Decides which app is meant by the remotes of a folder. `wanted` is what --remote named. */
export function appFromRemotes(remotes: readonly GitRemote[], wanted: string | undefined): string {
  const ours = remotes.flatMap((remote) => {
    const app = appOfUrl(remote.url)
    return app === undefined ? [] : [{ remote: remote.name, app }]
  })
  if (wanted !== undefined) {
    const named = ours.find((candidate) => candidate.remote === wanted)
    if (named !== undefined) return named.app
    throw new CliError('no_app', `There is no git remote ${wanted} of a SkyPanel app here.`, {
      hint: 'Name the app with --app, or make the remote: skypanel git:remote --app NAME',
      exit: EXIT.usage,
    })
  }
  const usual = ours.find((candidate) => candidate.remote === REMOTE)
  if (usual !== undefined) return usual.app
  const [only, ...others] = ours
  if (only !== undefined && others.length === 0) return only.app
  if (only !== undefined) {
    const list = ours.map(({ remote, app }) => `${remote} (${app})`).join(', ')
    throw new CliError('no_app', `Several apps have a git remote here: ${list}.`, {
      hint: 'Say which one is meant with --remote or --app',
      exit: EXIT.usage,
    })
  }
  throw new CliError('no_app', 'No app is named.', {
    hint: 'Name it with --app NAME, or work in a folder whose git remote was made by skypanel create',
    exit: EXIT.usage,
  })
}

export async function readRemotes(): Promise<GitRemote[]> {
  const { code, stdout } = await capture(['git', 'config', '--get-regexp', '^remote\\..*\\.url$'])
  return code === 0 ? parseRemotes(stdout) : []
}

export async function inRepository(): Promise<boolean> {
  const { code, stdout } = await capture(['git', 'rev-parse', '--is-inside-work-tree'])
  return code === 0 && stdout.trim() === 'true'
}

async function git(...args: string[]): Promise<void> {
  const { code, stderr } = await capture(['git', ...args])
  if (code !== 0) throw new CliError('git_failed', `git ${args[0] ?? ''} failed: ${stderr.trim()}`)
}

export async function setRemote(remotes: readonly GitRemote[], name: string, url: string): Promise<void> {
  const known = remotes.some((remote) => remote.name === name)
  await git('remote', known ? 'set-url' : 'add', name, url)
}

export async function removeRemote(name: string): Promise<void> {
  await git('remote', 'remove', name)
}

/**
 * What lets git ask this program for the token, for this host alone. The empty helper comes first: it drops helpers set
 * elsewhere, which would store the token a second time, in the clear. Pure.
 */
export function credentialSettings(url: string, helper: string): readonly (readonly [string, string])[] {
  const key = `credential.${new URL(url).origin}.helper`
  return [
    [key, ''],
    [key, helper],
  ]
}

/** Sets `credentialSettings` in this repository, in place of what an earlier call set. */
export async function setCredentialHelper(url: string, helper: string): Promise<void> {
  for (const [at, [key, value]] of credentialSettings(url, helper).entries())
    await git('config', '--local', at === 0 ? '--replace-all' : '--add', key, value)
}

const quote = (word: string): string =>
  /^[A-Za-z0-9_./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`

/**
 * The helper as git's configuration wants it: a line for sh. `command` is how this program was started; a name alone
 * is looked up on PATH each time, so it survives an upgrade.
 */
export function helperLine(command: readonly string[], origin: string): string {
  return `!${[...command, 'git-credentials', '--host', origin].map(quote).join(' ')}`
}
