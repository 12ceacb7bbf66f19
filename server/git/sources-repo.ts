import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { DomainError } from '../domain/errors.ts'
import { initBare, readRef, repoPath } from './repo.ts'
import { runGit } from './spawn-git.ts'

/**
 * What was not pushed lies in a repository beside the one that is pushed to: nobody fetches or pushes it, so what a
 * shallow fetch or an upload brings can neither be seen nor get in the way there.
 */
export const sourcesPath = (root: string, app: string) => join(root, `${app}.sources.git`)

const UPLOADS = 'refs/skypanel/uploads/'
const SOURCES = 'refs/skypanel/sources/'
export const uploadRef = (id: string) => `${UPLOADS}${id}`
export const sourceRef = (build: string) => `${SOURCES}${build}`
export const isSourceRef = (ref: string) => ref.startsWith('refs/skypanel/')

/** Where a build's commit is: beside the pushed ones, or among them. */
export const repoOf = (root: string, app: string, ref: string) =>
  isSourceRef(ref) ? sourcesPath(root, app) : repoPath(root, app)

export async function ensureSources(root: string, app: string): Promise<string> {
  const repo = sourcesPath(root, app)
  if ((await stat(join(repo, 'HEAD')).catch(() => null)) !== null) return repo
  const fresh = `${repo}.${randomUUID()}.making`
  await initBare(fresh)
  await rename(fresh, repo).catch(async (error: NodeJS.ErrnoException) => {
    await rm(fresh, { recursive: true, force: true })
    // Somebody else was faster.
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
  })
  return repo
}

const hasCommit = async (repo: string, commit: string) =>
  (await runGit(['-C', repo, 'cat-file', '-e', `${commit}^{commit}`])).code === 0

/** Lets a build's ref name a commit that is here or was pushed. False: it is nowhere any more. */
export async function keepSource(root: string, app: string, build: string, commit: string): Promise<boolean> {
  const repo = await ensureSources(root, app)
  if ((await readRef(repo, sourceRef(build))) === commit) return true
  if (!(await hasCommit(repo, commit))) {
    const pushed = repoPath(root, app)
    if (!(await hasCommit(pushed, commit))) return false
    // Its objects are read where they are.
    const info = join(repo, 'objects', 'info')
    await mkdir(info, { recursive: true })
    await writeFile(join(info, 'alternates'), `${relative(join(repo, 'objects'), join(pushed, 'objects'))}\n`)
  }
  const { code, stderr } = await runGit(['-C', repo, 'update-ref', sourceRef(build), commit])
  if (code !== 0) throw new DomainError('internal_error', 'The source could not be kept.', { cause: stderr })
  return true
}

/** Lets an upload's ref stand, and the oldest beyond a few go: who uploads again and again builds the last one. */
export async function keepUpload(repo: string, id: string, commit: string): Promise<void> {
  const { code, stderr } = await runGit(['-C', repo, 'update-ref', uploadRef(id), commit])
  if (code !== 0) throw new DomainError('internal_error', 'The upload could not be kept.', { cause: stderr })
  const { stdout } = await runGit([
    '-C',
    repo,
    'for-each-ref',
    '--sort=-committerdate',
    '--format=%(refname)',
    UPLOADS,
  ])
  for (const ref of stdout.trim().split('\n').slice(MOST_UPLOADS))
    await runGit(['-C', repo, 'update-ref', '-d', ref])
}

const MOST_UPLOADS = 20
const MOST_PACKS = 30
const DAY = 24 * 3600_000

/** Removes uploads of yesterday and sources that no build needs any more, with what only they held. Returns how many. */
export async function sweepSources(root: string, needed: ReadonlySet<string>, now: number): Promise<number> {
  let removed = 0
  for (const name of await readdir(root).catch(() => [])) {
    if (name.endsWith('.making') && (await isOld(join(root, name), now)))
      await rm(join(root, name), { recursive: true, force: true })
    if (!name.endsWith('.sources.git')) continue
    removed += await sweepRepo(join(root, name), needed, now)
  }
  return removed
}

async function sweepRepo(repo: string, needed: ReadonlySet<string>, now: number): Promise<number> {
  const format = '--format=%(refname) %(committerdate:unix)'
  const { stdout } = await runGit(['-C', repo, 'for-each-ref', format, 'refs/skypanel'])
  let removed = 0
  for (const line of stdout.split('\n')) {
    const [ref = '', seconds = ''] = line.split(' ')
    const old = ref.startsWith(UPLOADS)
      ? now - Number(seconds) * 1000 > DAY
      : ref.startsWith(SOURCES) && !needed.has(ref.slice(SOURCES.length))
    if (!old) continue
    await runGit(['-C', repo, 'update-ref', '-d', ref])
    removed += 1
  }
  const packs = await readdir(join(repo, 'objects', 'pack')).catch(() => [])
  if (removed > 0 || packs.length > 2 * MOST_PACKS)
    await runGit(['-C', repo, 'gc', '--quiet', '--prune=1.hour.ago'])
  return removed
}

const isOld = async (path: string, now: number) =>
  now - (await stat(path).catch(() => ({ mtimeMs: now }))).mtimeMs > DAY
