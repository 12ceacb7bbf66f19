import type { AppId } from '../contract/ids.ts'
import { appsWithInstances } from '../store/instances.ts'
import type { DeployContext } from './deploy-context.ts'
import { NodeError } from './node-client.ts'
import { reconcileApp } from './reconcile-app.ts'
import { isPassing } from './verdict.ts'

/** ms after which everything is looked at, whether or not anybody called. */
const TICK = 10_000
const RETRY = { first: 200, most: 5_000 } as const

interface Turn {
  running: boolean
  /** Called while it ran: it looks again. */
  again: boolean
  failures: number
  timer: NodeJS.Timeout | null
}

/** Brings every app closer to what is desired, one turn per app at a time, woken by notices, by nodes and by the clock. */
export function startReconciling(ctx: DeployContext): AsyncDisposable {
  const turns = new Map<AppId, Turn>()
  const running = new Set<Promise<void>>()
  let stopped = false

  const wake = (app: AppId) => {
    if (stopped) return
    const turn = turns.get(app) ?? { running: false, again: false, failures: 0, timer: null }
    turns.set(app, turn)
    if (turn.timer !== null) clearTimeout(turn.timer)
    turn.timer = null
    if (turn.running) {
      turn.again = true
      return
    }
    const done = work(app, turn)
    running.add(done)
    void done.finally(() => running.delete(done))
  }

  const later = (app: AppId, turn: Turn, delay: number) => {
    if (stopped) return
    if (turn.timer !== null) clearTimeout(turn.timer)
    turn.timer = setTimeout(() => wake(app), delay)
  }

  async function work(app: AppId, turn: Turn): Promise<void> {
    turn.running = true
    let wakeIn: number | null = null
    try {
      do {
        turn.again = false
        const outcome = await reconcileApp(ctx, app)
        turn.failures = 0
        turn.again ||= outcome.again
        wakeIn = outcome.wakeIn
      } while (turn.again && !stopped)
    } catch (error) {
      wakeIn = Math.min(RETRY.most, RETRY.first * 2 ** Math.min(turn.failures, 10))
      turn.failures += 1
      if (error instanceof NodeError && error.id === 'stale_epoch') {
        ctx.log.error({ app }, 'another server leads; this one gives no more orders')
        stopped = true
      } else if (!isPassing(error))
        ctx.log.error({ app, error: String(error) }, 'an app could not be reconciled')
    }
    turn.running = false
    // setTimeout fires up to a millisecond early by the database's clock.
    if (wakeIn !== null) later(app, turn, wakeIn + 2)
    else if (turn.again) wake(app)
    else if (turn.timer === null) turns.delete(app)
  }

  const everything = () => {
    appsWithInstances(ctx.db).then(
      (apps) => {
        for (const app of apps) wake(app)
      },
      (error: unknown) => {
        if (!isPassing(error)) ctx.log.error({ error: String(error) }, 'the apps could not be listed')
      },
    )
  }
  const stopHearing = ctx.bus.hear((what) => {
    if (what === null) everything()
    else if ('app' in what) wake(what.app)
  })
  const tick = setInterval(everything, TICK)
  everything()

  return {
    async [Symbol.asyncDispose]() {
      stopped = true
      stopHearing()
      clearInterval(tick)
      for (const { timer } of turns.values()) if (timer !== null) clearTimeout(timer)
      await Promise.allSettled(running)
    },
  }
}
