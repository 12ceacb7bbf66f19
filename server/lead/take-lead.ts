import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from '../context.ts'
import { createNodeClient, NodeError } from '../deploy/node-client.ts'
import { raiseEpoch } from '../store/nodes.ts'

const HELLO_MS = 2_000
const RETRY_MS = 500

export interface Lead {
  /** Marks every order of this server. */
  readonly epoch: number
  /** Tells the agent until it knows; an agent that is away hears of it when it is back. Rejects when replaced. */
  announce(signal: AbortSignal): Promise<void>
}

/**
 * Makes this server the one that gives orders: a higher epoch than any before, those that only the agent remembers
 * included (a database that was restored from a backup does not).
 */
export async function takeLead(ctx: Pick<Context, 'db' | 'config' | 'log'>): Promise<Lead> {
  const { agentSocket } = ctx.config.paths
  const epoch = await raiseEpoch(ctx.db, await seenByAgent(ctx))
  return {
    epoch,
    async announce(signal) {
      using node = createNodeClient(agentSocket, epoch)
      while (!signal.aborted) {
        try {
          await node.call('lead', {}, { signal })
          return
        } catch (error) {
          if (error instanceof NodeError && error.id === 'stale_epoch') throw error
          ctx.log.warn({ err: error }, 'the agent does not answer yet')
        }
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined)
      }
    },
  }
}

/** 0 while the agent is away: its own refusal tells later that it has seen more. */
async function seenByAgent(ctx: Pick<Context, 'config' | 'log'>): Promise<number> {
  const { config, log } = ctx
  using node = createNodeClient(config.paths.agentSocket, 1)
  try {
    const hello = await node.call('hello', {}, { timeout: HELLO_MS })
    if (hello.installation === config.installation) return hello.epoch
    throw new Error(
      `the agent at ${config.paths.agentSocket} belongs to installation ${hello.installation}, not ${config.installation}`,
    )
  } catch (error) {
    log.warn({ err: error }, 'the agent does not answer yet')
    return 0
  }
}
