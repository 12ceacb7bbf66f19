import { rm } from 'node:fs/promises'
import type { SourceControl } from '../deploy/push-intake.ts'
import { DomainError } from '../domain/errors.ts'
import { isRefName, parseGitUrl } from '../domain/git-url.ts'
import { type FetchLimits, fetchSource } from './fetch-source.ts'
import { importArchive } from './import-archive.ts'
import type { Pushes } from './pushes.ts'
import { moveRef, readRef, removeRepo, repoPath, sweepQuarantines } from './repo.ts'
import { exportCommit } from './source.ts'
import {
  ensureSources,
  isSourceRef,
  keepSource,
  repoOf,
  sourceRef,
  sourcesPath,
  sweepSources,
  uploadRef,
} from './sources-repo.ts'
import { readCommit, refTip } from './tree-reader.ts'

/** git takes a moment from the hook's end to the moved ref; after this it is stuck and its ref is moved for it. */
const LANDING = 30_000
/** No push waits this long for its decision. */
const QUARANTINE_AGE = 24 * 3600_000

/** What may come from elsewhere. `archive`: bytes that a push may bring, too. */
export const sourceLimits = (archive: number, allowed: readonly string[]): FetchLimits => ({
  bytes: archive,
  seconds: 300,
  unpacked: 2_000_000_000,
  files: 100_000,
  allowed,
})

/** git as deploying sees it: repositories below `root`, and the pushes that are under way. */
export function createSourceControl(root: string, pushes: Pushes, limits: FetchLimits): SourceControl {
  const repo = (app: string) => repoPath(root, app)
  return {
    export: (app, { commit, ref }, folder) => exportCommit(repoOf(root, app, ref), commit, folder),
    describe: (app, { commit, ref }) => readCommit(repoOf(root, app, ref), commit, isSourceRef(ref)),
    readRef: (app, ref) => refTip(repoOf(root, app, ref), ref),
    async landRef(app, { ref, to, from, token }) {
      // What was not pushed moves no branch: its ref names it already.
      if (isSourceRef(ref)) return true
      const live = token === null ? null : pushes.find(token)
      if (live !== null)
        await Promise.race([live.ended, new Promise((resolve) => setTimeout(resolve, LANDING).unref())])
      if ((await refTip(repo(app), ref)) === to) return true
      return moveRef(repo(app), ref, to, /^0+$/.test(from) ? null : from)
    },
    async upload(app, { id, author, archive }, signal) {
      const facts = {
        repo: await ensureSources(root, app),
        id,
        author,
        message: '',
        now: Math.floor(Date.now() / 1000),
      }
      const { bytes: most, unpacked, files } = limits
      return await importArchive(archive, facts, { archive: most, unpacked, files }, signal)
    },
    uploaded: (app, upload) => readRef(sourcesPath(root, app), uploadRef(upload)),
    remote(url, ref) {
      const parsed = parseGitUrl(url, limits.allowed)
      if (!parsed.ok) throw new DomainError('invalid_params', `The source's url is refused: ${parsed.why}.`)
      if (!isRefName(ref))
        throw new DomainError('invalid_params', 'The ref must name a branch, a tag or a whole commit id.')
      return parsed
    },
    fetch: (app, order, signal) => fetchSource(root, app, order, limits, signal),
    sourceRef,
    keep: (app, build, commit) => keepSource(root, app, build, commit),
    async remove(app) {
      await removeRepo(root, app)
      await rm(sourcesPath(root, app), { recursive: true, force: true })
    },
    async sweep(needed) {
      const now = Date.now()
      const pushed = await sweepQuarantines(root, QUARANTINE_AGE, now)
      return pushed + (await sweepSources(root, new Set(needed), now))
    },
  }
}
