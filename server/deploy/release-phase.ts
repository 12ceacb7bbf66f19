import type { InstanceId } from '../contract/ids.ts'
import { head, indent } from '../build/output.ts'
import { releaseInstance, insertInstance, type InstanceRow } from '../store/instances.ts'
import { getDeployment } from '../store/deployments.ts'
import { getRelease } from '../store/releases.ts'
import { databaseNow } from '../store/instances.ts'
import { listenFor } from './pause.ts'
import { Rejected } from './rejected.ts'
import { checkSignal, guarded, showLines, type Work, type WorkStep } from './work.ts'

const LOOK = 1_000

/**
 * Runs the `release` process once, before any instance of the release is started. Its instance is made in the
 * transaction that finds none, so it runs at most once per deployment, whoever carries that on.
 */
export const releasePhaseStep: WorkStep = {
  name: 'release-phase',
  async run(work) {
    const { ctx } = work
    const deployment = await getDeployment(ctx.db, work.deployment.id)
    const release = deployment?.release_id == null ? null : await getRelease(ctx.db, deployment.release_id)
    if (release?.process_types['release'] === undefined) return
    const releaseId = release.id
    work.lines.push(head('Running release command...'))
    await guarded(work, async (tx) => {
      if ((await releaseInstance(tx, work.deployment.id)) !== null) return
      const id = ctx.newId<InstanceId>()
      const app = work.deployment.app_id
      await insertInstance(tx, {
        id,
        app,
        release: releaseId,
        deployment: work.deployment.id,
        type: 'release',
        kind: 'release',
        generation: 0,
        command: null,
        run: null,
      })
    })
    ctx.bus.wake({ app: work.deployment.app_id })
    await showLines(work)
    const ended = await awaitEnd(work)
    const exit = ended.exit
    const tail = exit?.tail ?? []
    if (exit?.code === 0) {
      work.lines.push(...tail.map(indent))
      return
    }
    throw new Rejected('release_phase_failed', `the release command failed. ${exit?.message ?? ''}`, {
      tail,
      hint: 'Nothing of the new release runs; the release before goes on serving.',
    })
  },
}

async function awaitEnd(work: Work): Promise<InstanceRow> {
  const { ctx, deployment } = work
  using news = listenFor(ctx.bus, (what) => 'app' in what && what.app === deployment.app_id)
  for (;;) {
    const row = await releaseInstance(ctx.db, deployment.id)
    if (row === null) throw new Rejected('release_phase_failed', 'the release command was interrupted')
    if (row.status === 'exited') return row
    checkSignal(work)
    const age = (await databaseNow(ctx.db)) - row.created_at
    if (age > ctx.settings.releasePhase * 1_000) {
      throw new Rejected(
        'release_phase_failed',
        `the release command took longer than ${ctx.settings.releasePhase} s and was ended`,
      )
    }
    await news.wait(LOOK, work.signal)
    await guarded(work, async () => undefined)
  }
}
