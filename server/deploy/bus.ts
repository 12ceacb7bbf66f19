import type { AppId, BuildId } from '../contract/ids.ts'
import { notify, type Db, type Tx } from '../store/db.ts'

/** One channel for all of it: `jobs`, `app <id>`, `log <build>`. */
const CHANNEL = 'skypanel_deploy'

/**
 * Wakes the loops. A notice of a transaction is heard when it commits, also by the loops of this very server; after a
 * connection was lost everybody is woken, as notices may be missing.
 */
export interface Bus extends Disposable {
  /** Part of the transaction: heard if and when it commits. */
  announce(tx: Tx, what: Topic): Promise<void>
  /** At once, within this process. */
  wake(what: Topic): void
  /** Returns how to stop hearing. `what` null: anything may have happened. */
  hear(listener: (what: Topic | null) => void): () => void
}

export type Topic = { readonly jobs: true } | { readonly app: AppId } | { readonly log: BuildId }

export function createBus(db: Pick<Db, 'listen'>): Bus {
  const listeners = new Set<(what: Topic | null) => void>()
  const wake = (what: Topic | null) => {
    for (const listener of listeners) listener(what)
  }
  const stop = db.listen(CHANNEL, (payload) => wake(payload === null ? null : parse(payload)))
  return {
    announce: (tx, what) => notify(tx, CHANNEL, JSON.stringify(what)),
    wake,
    hear(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    [Symbol.dispose]: stop,
  }
}

/** Only this module writes to the channel; what it does not know means: look at everything. */
function parse(payload: string): Topic | null {
  const value: unknown = JSON.parse(payload)
  return typeof value === 'object' && value !== null && ('jobs' in value || 'app' in value || 'log' in value)
    ? (value as Topic)
    : null
}
