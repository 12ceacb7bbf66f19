import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DomainError } from '../domain/errors.ts'
import { runGit } from './spawn-git.ts'

/** Repositories lie by app id, never by name: a name is given anew when its app is gone. */
export const repoPath = (root: string, app: string) => join(root, `${app}.git`)

const making = new Map<string, Promise<void>>()

/**
 * Makes an app's bare repository if it is not there, and lets HEAD name the deploy branch. Two first pushes at once
 * wait for one making: git tells the loser of such a race that there is no repository.
 */
export async function ensureRepo(root: string, app: string, branch: string): Promise<string> {
  const repo = repoPath(root, app)
  const before = making.get(repo)
  if (before !== undefined) await before
  const done = prepare(repo, branch)
  making.set(repo, done)
  try {
    await done
  } finally {
    if (making.get(repo) === done) making.delete(repo)
  }
  return repo
}

async function prepare(repo: string, branch: string): Promise<void> {
  const head = join(repo, 'HEAD')
  const wanted = `ref: refs/heads/${branch}\n`
  const found = await readFile(head, 'utf8').catch(() => null)
  if (found === wanted) return
  if (found !== null) {
    await writeFile(`${head}.new`, wanted)
    await rename(`${head}.new`, head)
    return
  }
  const fresh = `${repo}.making`
  await rm(fresh, { recursive: true, force: true })
  await initBare(fresh, branch)
  await rename(fresh, repo)
}

export async function initBare(folder: string, branch = 'main'): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o750 })
  const { code, stderr } = await runGit([
    'init',
    '--quiet',
    '--bare',
    `--initial-branch=${branch}`,
    '--template=',
    folder,
  ])
  if (code !== 0)
    throw new DomainError('internal_error', 'The repository could not be made.', { cause: stderr })
}

/** The commit that a ref names, or null. */
export async function readRef(repo: string, ref: string): Promise<string | null> {
  const { code, stdout } = await runGit([
    '-C',
    repo,
    'rev-parse',
    '--verify',
    '--quiet',
    '--end-of-options',
    ref,
  ])
  return code === 0 ? stdout.trim() : null
}

/** Moves a ref if it still stands at `from` (null: does not exist). True when it stands at `to` afterwards. */
export async function moveRef(repo: string, ref: string, to: string, from: string | null): Promise<boolean> {
  const { code } = await runGit([
    '-C',
    repo,
    'update-ref',
    '--no-deref',
    '-m',
    'deployed',
    ref,
    to,
    from ?? '0'.repeat(to.length),
  ])
  return code === 0 || (await readRef(repo, ref)) === to
}

export async function removeRepo(root: string, app: string): Promise<void> {
  await rm(repoPath(root, app), { recursive: true, force: true })
}

/** Removes what pushes that were killed left behind: quarantines older than `age` ms. Returns how many. */
export async function sweepQuarantines(root: string, age: number, now: number): Promise<number> {
  let removed = 0
  for (const repo of await readdir(root).catch(() => [])) {
    const objects = join(root, repo, 'objects')
    for (const name of await readdir(objects).catch(() => [])) {
      const path = join(objects, name)
      if (!/^(tmp_objdir-)?incoming-/.test(name)) continue
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: now }))
      if (now - mtimeMs < age) continue
      await rm(path, { recursive: true, force: true })
      removed += 1
    }
  }
  return removed
}
