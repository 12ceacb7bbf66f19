import { setTimeout as sleep } from 'node:timers/promises'
import type { InstanceId } from '../contract/ids.ts'
import { platformLines } from '../domain/platform-lines.ts'
import { databaseNow } from '../store/instances.ts'
import { observeInstances } from '../store/observed-instances.ts'
import { saveResources } from '../store/nodes.ts'
import type { DeployContext } from './deploy-context.ts'
import { NodeError } from './node-client.ts'
import { tell } from './platform-log.ts'
import { isPassing } from './verdict.ts'

const RETRY = 300

/**
 * Follows what the node sees: a long poll, whose answers become rows; apps of which something changed are woken. The
 * first thing said to a node is who leads: from then on it refuses the orders of servers before this one.
 */
export function startObserving(ctx: DeployContext): AsyncDisposable {
  const stop = new AbortController()
  const done = follow(ctx, stop.signal)
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await done
    },
  }
}

async function follow(ctx: DeployContext, signal: AbortSignal): Promise<void> {
  let after: number | undefined
  let told = false
  while (!signal.aborted) {
    try {
      if (after === undefined) {
        await ctx.node.call('lead', {}, { signal })
        const { resources } = await ctx.node.call('hello', {}, { signal })
        if (resources !== undefined) await saveResources(ctx.db, resources)
      }
      const asked = await databaseNow(ctx.db)
      const seen = await ctx.node.call('observe', after === undefined ? {} : { after }, {
        signal,
        timeout: 40_000,
      })
      const {
        apps,
        told: changes,
        strangers,
      } = await ctx.db.transaction((tx) => observeInstances(tx, seen.instances, asked))
      after = seen.version
      told = false
      for (const app of apps) ctx.bus.wake({ app })
      for (const change of changes)
        tell(ctx, change.app, `${change.type}.${change.number}`, ...platformLines(change))
      await Promise.all(strangers.map((id) => removeStranger(ctx, id)))
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof NodeError && error.id === 'stale_epoch') {
        ctx.log.error({ error: error.message }, 'another server leads this node')
        return
      }
      // An agent that was restarted counts its versions anew, so everything is asked for.
      after = undefined
      if (!told || !isPassing(error)) ctx.log.warn({ error: String(error) }, 'the node cannot be observed')
      told = true
      await sleep(RETRY, undefined, { signal }).catch(() => undefined)
    }
  }
}

/** What no row knows was ordered by something that was undone, or is of an app that is gone. */
async function removeStranger(ctx: DeployContext, instance: InstanceId): Promise<void> {
  try {
    await ctx.node.call('kill', { instance })
    await ctx.node.call('forget', { instance })
  } catch (error) {
    if (!(error instanceof NodeError && error.id === 'unknown_instance'))
      ctx.log.warn({ instance, error: String(error) }, 'an unknown instance could not be removed')
  }
}
