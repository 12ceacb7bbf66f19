import type { SourceControl } from '../deploy/push-intake.ts'
import type { Pushes } from './pushes.ts'
import { moveRef, readRef, removeRepo, repoPath, sweepQuarantines } from './repo.ts'
import { exportCommit } from './source.ts'
import { readCommit } from './tree-reader.ts'

/** git takes a moment from the hook's end to the moved ref; after this it is stuck and its ref is moved for it. */
const LANDING = 30_000
/** No push waits this long for its decision. */
const QUARANTINE_AGE = 24 * 3600_000

/** git as deploying sees it: repositories below `root`, and the pushes that are under way. */
export function createSourceControl(root: string, pushes: Pushes): SourceControl {
  const repo = (app: string) => repoPath(root, app)
  return {
    export: (app, commit, folder) => exportCommit(repo(app), commit, folder),
    describe: (app, commit) => readCommit(repo(app), commit),
    readRef: (app, ref) => readRef(repo(app), ref),
    async landRef(app, { ref, to, from, token }) {
      const live = token === null ? null : pushes.find(token)
      if (live !== null)
        await Promise.race([live.ended, new Promise((resolve) => setTimeout(resolve, LANDING).unref())])
      if ((await readRef(repo(app), ref)) === to) return true
      return moveRef(repo(app), ref, to, /^0+$/.test(from) ? null : from)
    },
    remove: (app) => removeRepo(root, app),
    sweep: () => sweepQuarantines(root, QUARANTINE_AGE, Date.now()),
  }
}
