import { setTimeout as sleep } from 'node:timers/promises'
import type { AppId, BuildId } from '../contract/ids.ts'
import type { Artifact, BuildEvent } from '../contract/nodes.ts'
import type { DeployContext } from '../deploy/deploy-context.ts'
import { Rejected } from '../deploy/rejected.ts'
import { isDomainError } from '../domain/errors.ts'
import { appendLines, getBuild } from '../store/builds.ts'

const RETRY = 300

export interface BuildOrder {
  readonly build: BuildId
  readonly app: AppId
  readonly branch?: string
  readonly plan: unknown
  readonly env: Readonly<Record<string, string>>
}

/**
 * Has the node build, and stores what it says line by line. The connection may break, the node's agent be restarted
 * and this server too: the build is asked for again by its id, from the last event that stands in the database.
 */
export async function runBuild(
  ctx: DeployContext,
  order: BuildOrder,
  signal: AbortSignal,
): Promise<Artifact> {
  const limits = ctx.settings.build
  for (;;) {
    const after = (await getBuild(ctx.db, order.build))?.node_seq ?? 0
    try {
      const events = ctx.node.events('build', { ...order, env: { ...order.env }, limits, after }, signal)
      const end = await storeEvents(ctx, order.build, events)
      if (end?.type === 'succeeded') return end.artifact
      if (end !== null) throw new Rejected(end.code, end.message, { hint: end.hint })
    } catch (error) {
      if (signal.aborted) {
        // A server that only stops lets the build go on; the next one asks for it again.
        if (signal.reason instanceof Rejected) await ctx.node.call('cancelBuild', { build: order.build })
        throw signal.reason instanceof Error ? signal.reason : error
      }
      if (!isDomainError(error, 'node_unavailable')) throw error
    }
    await sleep(RETRY)
  }
}

type End = Extract<BuildEvent, { type: 'succeeded' | 'failed' }>

/** Lines are written in batches: what comes while one batch is on its way makes the next. */
async function storeEvents(
  ctx: DeployContext,
  build: BuildId,
  events: AsyncIterable<BuildEvent>,
): Promise<End | null> {
  let waiting: string[] = []
  let seq = 0
  let flushing: Promise<void> | null = null
  const flush = async () => {
    while (waiting.length > 0) {
      const lines = waiting
      waiting = []
      await appendLines(ctx.db, build, lines, seq)
      ctx.bus.wake({ log: build })
    }
  }
  let end: End | null = null
  for await (const event of events) {
    if (event.type === 'succeeded' || event.type === 'failed') {
      end = event
      break
    }
    if (event.type !== 'line') continue
    waiting.push(event.text)
    seq = event.seq
    if (flushing === null) {
      const current = flush()
      flushing = current
      // A failure is met by the await below, or by the next batch.
      current.then(
        () => (flushing = null),
        () => undefined,
      )
    }
  }
  await flushing
  await flush()
  return end
}
