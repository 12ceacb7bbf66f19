import { lstat, readdir, readFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import ignore, { type Ignore } from 'ignore'
import { CliError } from '../../exit.ts'
import { capture } from '../../spawn.ts'

/** Of a folder without a repository: never a part of an app. */
const ALWAYS = new Set(['.git', '.hg', '.svn', '.DS_Store'])

/**
 * What is uploaded of a folder, sorted, relative with `/`: in a git repository what git would take along, tracked or
 * new; else everything that no .gitignore names. What .slugignore names stays behind in both.
 */
export async function filesOf(folder: string): Promise<string[]> {
  const listed = (await fromGit(folder)) ?? (await fromDisk(folder))
  const slug = await readFile(join(folder, '.slugignore'), 'utf8').catch(() => null)
  const left = slug === null ? listed : ignore().add(slug).filter(listed)
  return left.filter((path) => !path.split('/').some((part) => ALWAYS.has(part))).sort()
}

/** null: the folder is in no repository, or git is not there. */
async function fromGit(folder: string): Promise<string[] | null> {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate']
  const { code, stdout } = await capture(['git', ...args], { cwd: folder })
  if (code !== 0) return null
  const found: string[] = []
  for (const path of stdout.split('\0')) {
    // Deleted and not committed yet; or a submodule, which is listed as a folder.
    if (path !== '' && (await lstat(join(folder, path)).catch(() => null))?.isDirectory() === false)
      found.push(path)
  }
  // A folder that its repository ignores, such as what a build made.
  return found.length === 0 ? null : found
}

interface Rules {
  /** Folder that the rules stand in. */
  readonly base: string
  readonly rules: Ignore
}

async function fromDisk(folder: string): Promise<string[]> {
  const found: string[] = []
  const walk = async (at: string, above: readonly Rules[]): Promise<void> => {
    const text = await readFile(join(folder, at, '.gitignore'), 'utf8').catch(() => null)
    const rules = text === null ? above : [...above, { base: at, rules: ignore().add(text) }]
    for (const entry of await readdir(join(folder, at), { withFileTypes: true })) {
      const path = posix.join(at, entry.name)
      if (ALWAYS.has(entry.name) || isIgnored(rules, path, entry.isDirectory())) continue
      if (entry.isDirectory()) await walk(path, rules)
      else if (entry.isFile() || entry.isSymbolicLink()) found.push(path)
    }
  }
  await walk('', []).catch((error: NodeJS.ErrnoException) => {
    throw new CliError(
      'no_folder',
      `${error.path ?? folder} cannot be read (${error.code ?? error.message}).`,
    )
  })
  return found
}

/** The innermost file that has a word on a path decides, as in git. */
function isIgnored(rules: readonly Rules[], path: string, isFolder: boolean): boolean {
  for (const { base, rules: own } of rules.toReversed()) {
    const relative = base === '' ? path : path.slice(base.length + 1)
    const { ignored, unignored } = own.test(isFolder ? `${relative}/` : relative)
    if (ignored || unignored) return ignored
  }
  return false
}
