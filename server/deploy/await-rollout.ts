import { explainStart } from '../../buildpacks/explain-start.ts'
import type { ReleaseId } from '../contract/ids.ts'
import { isRouted } from '../domain/release.ts'
import { type DeploymentRow, getDeployment, openRollout, writeJournal } from '../store/deployments.ts'
import { openInstances, takeKept } from '../store/instances.ts'
import { cordonedNode } from '../store/nodes.ts'
import { closeRollout } from '../store/rollouts.ts'
import { bang, head } from '../build/output.ts'
import { listenFor, type Waiter } from './pause.ts'
import { Rejected } from './rejected.ts'
import { rolloutSeconds } from './rollout-time.ts'
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
    const { app_id: app, id } = deployment
    // Its instances would have to be placed.
    const cordoned = await cordonedNode(tx)
    if (cordoned !== null && deployment.step !== 'rollout')
      throw new Rejected('no_room', `the node ${cordoned} is cordoned: nothing new is placed on it.`, {
        hint: `An administrator ends that with: skypanel nodes:uncordon ${cordoned}`,
      })
    // Read anew: the row in hand is older than its release.
    const release = (await getDeployment(tx, id))?.release_id ?? null
    await openRollout(tx, id, await rolloutSeconds(ctx, tx, app, release))
    const row = await getDeployment(tx, id)
    if (row?.rolling !== true || row.release_id === null) return
    const taken = await takeKept(tx, app, row.release_id, id)
    if (taken > 0)
      await writeJournal(tx, { app, deployment: id, step: 'take-back', detail: { instances: taken } })
  },
  async run(work) {
    const { ctx, deployment } = work
    using news = listenFor(ctx.bus, (what) => 'app' in what && what.app === deployment.app_id)
    ctx.bus.wake({ app: deployment.app_id })
    let told = ''
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
      if (work.signal.reason instanceof Rejected && !(await giveUp(work))) continue
      checkSignal(work)
      const waits = row === null ? '' : waitsFor(row)
      if (waits !== told && deployment.build_id !== null) work.lines.push(...linesFor(waits))
      told = waits
      if (work.lines.length > 0) await guarded(work, async () => undefined)
      await news.wait(LOOK, work.signal)
      await guarded(work, async () => undefined)
    }
  },
}

/** Takes the release off the stage, so that no verdict can come any more; false when there is one already. */
function giveUp(work: Work): Promise<boolean> {
  return guarded(work, async (tx) => {
    const row = await getDeployment(tx, work.deployment.id)
    if (row?.detail.verdict !== undefined) return false
    await closeRollout(tx, work.deployment.id)
    return true
  })
}

function waitsFor({ paused, canary, rolling }: DeploymentRow): '' | 'resume' | 'promotion' {
  if (!rolling) return ''
  return paused ? 'resume' : canary ? 'promotion' : ''
}

/** For the pusher, who may leave: the deployment goes on without. */
function linesFor(waits: '' | 'resume' | 'promotion'): string[] {
  if (waits === 'promotion')
    return [
      head('The canaries are ready and take their share of the requests'),
      bang('Let the rest follow: skypanel deploys:promote. Take them back: skypanel deploys:abort.'),
    ]
  if (waits === 'resume') return [bang('Paused. Let it go on: skypanel deploys:resume')]
  return []
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

type Code = 'boot_crash' | 'boot_timeout' | 'deploy_aborted'

function sentence(code: Code, reason: string): string {
  if (code === 'deploy_aborted') return reason
  return code === 'boot_crash'
    ? `the app crashed at boot. ${reason}`
    : `the app did not become ready. ${reason}`
}

function hintFor(code: Code, tail: readonly string[]): string {
  if (code === 'deploy_aborted') return 'The release before goes on serving.'
  const known = explainStart(tail, code)
  if (known !== null) return `${known.message} ${known.hint} The release before goes on serving.`
  return code === 'boot_crash'
    ? 'The release before goes on serving. Look at the lines above, mend it, and push again.'
    : 'A web process has to listen on $PORT, on all addresses (0.0.0.0). The release before goes on serving.'
}
