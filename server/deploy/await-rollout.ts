import { isServing } from '../domain/release.ts'
import { getDeployment, openRollout } from '../store/deployments.ts'
import { formationOf } from '../store/formation.ts'
import { listenFor } from './pause.ts'
import { Rejected } from './rejected.ts'
import { checkSignal, guarded, type WorkStep } from './work.ts'

const LOOK = 1_000

/**
 * Makes the deployment's release the app's candidate and waits for the verdict, which the reconcile loop gives and
 * stores; a server that takes over finds it, or the rollout still going on.
 */
export const rolloutStep: WorkStep = {
  name: 'rollout',
  async enter(tx, { ctx, deployment }) {
    const formation = await formationOf(tx, deployment.app_id)
    const most = Math.max(1, ...formation.filter(isServing).map(({ quantity }) => quantity))
    // In the worst case they boot one after the other.
    await openRollout(tx, deployment.id, ctx.settings.rolloutSlack + ctx.settings.bootTimeout * most)
  },
  async run(work) {
    const { ctx, deployment } = work
    using news = listenFor(ctx.bus, (what) => 'app' in what && what.app === deployment.app_id)
    ctx.bus.wake({ app: deployment.app_id })
    for (;;) {
      const verdict = (await getDeployment(ctx.db, deployment.id))?.detail.verdict
      if (verdict !== undefined) {
        if (verdict.code === null) return
        throw new Rejected(verdict.code, sentence(verdict.code, verdict.reason), {
          tail: verdict.tail,
          hint: hintFor(verdict.code),
        })
      }
      checkSignal(work)
      await news.wait(LOOK, work.signal)
      await guarded(work, async () => undefined)
    }
  },
}

function sentence(code: 'boot_crash' | 'boot_timeout', reason: string): string {
  return code === 'boot_crash'
    ? `the app crashed at boot. ${reason}`
    : `the app did not become ready. ${reason}`
}

function hintFor(code: 'boot_crash' | 'boot_timeout'): string {
  return code === 'boot_crash'
    ? 'The release before goes on serving. Look at the lines above, mend it, and push again.'
    : 'A web process has to listen on $PORT, on all addresses (0.0.0.0). The release before goes on serving.'
}
