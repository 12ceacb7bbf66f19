import { NodeError, type NodeClient } from '../deploy/node-client.ts'
import { isDomainError } from '../domain/errors.ts'
import type { Db } from '../store/db.ts'
import { allNetworks } from '../store/networks.ts'
import { nodeNetwork } from './node-network.ts'

/** Sent by triggers of the tables that the document is made of. */
const CHANNEL = 'networks'
/** Also without a change: a node may have lost its word. */
const EVERY_MS = 30_000
const RETRY_MS = 1000
/** Names that nobody answers take their time. */
const PATIENCE = { timeout: 20_000 }

type Parts = {
  readonly db: Db
  readonly node: NodeClient
  readonly log: { warn(facts: object, message: string): void }
}

/** Tells the node what every app may reach, as it stands now. Errors: node_unavailable. */
export async function publishNetworks({ db, node }: Pick<Parts, 'db' | 'node'>): Promise<void> {
  await node.call('network', { apps: (await allNetworks(db)).map(nodeNetwork) }, PATIENCE)
}

/** Keeps the node at what the database says: at the start, after each change, and every 30 s. */
export function keepNetworks(parts: Parts): AsyncDisposable {
  let timer: NodeJS.Timeout | null = null
  let running: Promise<void> = Promise.resolve()
  let closed = false
  let complained = false

  async function look(): Promise<void> {
    try {
      await publishNetworks(parts)
      complained = false
      again(EVERY_MS)
    } catch (error) {
      if (error instanceof NodeError && error.id === 'stale_epoch') return
      if (!complained || !isDomainError(error, 'node_unavailable'))
        parts.log.warn(
          { error: String(error) },
          'the node was not told what apps may reach; it is tried again',
        )
      complained = true
      again(RETRY_MS)
    }
  }
  function again(delay: number): void {
    if (timer !== null) clearTimeout(timer)
    timer = closed ? null : setTimeout(run, delay)
  }
  function run(): void {
    if (!closed) running = running.then(look)
  }
  const stop = parts.db.listen(CHANNEL, run)
  run()
  return {
    async [Symbol.asyncDispose]() {
      closed = true
      stop()
      if (timer !== null) clearTimeout(timer)
      await running
    },
  }
}
