import { setTimeout as sleep } from 'node:timers/promises'
import type { BuildId } from '../contract/ids.ts'
import type { DeployContext } from '../deploy/deploy-context.ts'
import { NodeError } from '../deploy/node-client.ts'

const TRIES = 20
const PAUSE = 100

/**
 * Has the node remove what a build left besides its artifact. An order to build that was on its way when the build was
 * canceled can arrive after the cancellation: a build that still runs here is one that nobody waits for.
 */
export async function clearBuild(ctx: Pick<DeployContext, 'node' | 'log'>, build: BuildId): Promise<void> {
  for (let left = TRIES; ; left -= 1) {
    try {
      await ctx.node.call('forgetBuild', { build })
      return
    } catch (error) {
      const running = error instanceof NodeError && error.id === 'bad_request'
      if (!running || left === 0)
        return ctx.log.warn({ build, error: String(error) }, 'a build’s folder was not removed')
    }
    await ctx.node.call('cancelBuild', { build }).catch(() => undefined) // The next round tells.
    await sleep(PAUSE)
  }
}
