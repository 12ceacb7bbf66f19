import { explainStart } from '../../buildpacks/explain-start.ts'
import type { ReleaseId } from '../contract/ids.ts'
import { isRouted, isServing } from '../domain/release.ts'
import { getDeployment, openRollout } from '../store/deployments.ts'
import { formationOf } from '../store/formation.ts'
import { openInstances } from '../store/instances.ts'
import { cordonedNode } from '../store/nodes.ts'
import { getRelease } from '../store/releases.ts'
import { healthWish } from './health-of.ts'
import { listenFor, type Waiter } from './pause.ts'
import { Rejected } from './rejected.ts'
import { checkSignal, guarded, type Work, type WorkStep } from './work.ts'

const LOOK = 1_000

/** ms: how long a success may wait for the router, and how often it looks. */
const MOST_FOR_ROUTER = 5_000
const LOOK_FOR_ROUTER = 20

/**
 * Makes the deployment's release the app's candidate and waits for the verdict, which the reconcile loop gives and
 * stores; a server that takes over finds it, or the rollout still going on.
 */
export const rolloutStep: WorkStep = {
  name: 'rollout',
  async enter(tx, { ctx, deployment }) {
    // Its instances would have to be placed.
    const cordoned = await cordonedNode(tx)
    if (cordoned !== null && deployment.step !== 'rollout')
      throw new Rejected('no_room', `the node ${cordoned} is cordoned: nothing new is placed on it.`, {
        hint: `An administrator ends that with: skypanel nodes:uncordon ${cordoned}`,
      })
    const formation = await formationOf(tx, deployment.app_id)
    const row = await getDeployment(tx, deployment.id)
    const release = row?.release_id == null ? null : await getRelease(tx, row.release_id)
    const timeout = (type: string) =>
      (release === null ? null : healthWish(release, type)?.bootTimeout) ?? ctx.settings.bootTimeout
    // In the worst case those of a type boot one after the other.
    const longest = formation.filter(isServing).map(({ type, quantity }) => quantity * timeout(type))
    const most = Math.max(ctx.settings.bootTimeout, ...longest)
    await openRollout(tx, deployment.id, ctx.settings.rolloutSlack + most)
  },
  async run(work) {
    const { ctx, deployment } = work
    using news = listenFor(ctx.bus, (what) => 'app' in what && what.app === deployment.app_id)
    ctx.bus.wake({ app: deployment.app_id })
    for (;;) {
      // Read anew: the row in hand is older than its release.
      const row = await getDeployment(ctx.db, deployment.id)
      const verdict = row?.detail.verdict
      if (verdict !== undefined) {
        if (verdict.code === null) return await aloneInRouting(work, row?.release_id ?? null, news)
        throw new Rejected(verdict.code, sentence(verdict.code, verdict.reason), {
          tail: verdict.tail,
          hint: hintFor(verdict.code, verdict.tail),
        })
      }
      checkSignal(work)
      await news.wait(LOOK, work.signal)
      await guarded(work, async () => undefined)
    }
  },
}

/**
 * Whoever is told that a release is live shall not meet the one before: waits until its routed instances have left the
 * registry, which a node confirms when its router knows. The deployment has succeeded whatever becomes of this, so it
 * has an end.
 */
async function aloneInRouting(work: Work, release: ReleaseId | null, news: Waiter): Promise<void> {
  const { ctx, deployment } = work
  const until = Date.now() + MOST_FOR_ROUTER
  for (;;) {
    const others = (await openInstances(ctx.db, deployment.app_id)).filter(
      ({ kind, type, release_id, phase, confirmed, status }) =>
        kind === 'service' &&
        isRouted(type) &&
        release_id !== release &&
        (phase === 'started' || (phase === 'draining' && !confirmed)) &&
        status === 'ready',
    )
    if (others.length === 0 || Date.now() >= until) return
    await news.wait(LOOK_FOR_ROUTER, work.signal)
  }
}

function sentence(code: 'boot_crash' | 'boot_timeout', reason: string): string {
  return code === 'boot_crash'
    ? `the app crashed at boot. ${reason}`
    : `the app did not become ready. ${reason}`
}

function hintFor(code: 'boot_crash' | 'boot_timeout', tail: readonly string[]): string {
  const known = explainStart(tail, code)
  if (known !== null) return `${known.message} ${known.hint} The release before goes on serving.`
  return code === 'boot_crash'
    ? 'The release before goes on serving. Look at the lines above, mend it, and push again.'
    : 'A web process has to listen on $PORT, on all addresses (0.0.0.0). The release before goes on serving.'
}
