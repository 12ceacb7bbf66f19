import type { ReleaseId } from '../contract/ids.ts'
import { decideConfigTurn, decideRollbackTurn } from '../domain/release.ts'
import { lockApp } from '../store/apps.ts'
import { finishDeployment, setRelease } from '../store/deployments.ts'
import { finishJob } from '../store/jobs.ts'
import {
  closeRelease,
  currentRelease,
  getRelease,
  hasCurrentConfig,
  insertRelease,
  type ReleaseRow,
} from '../store/releases.ts'
import { rolloutStep } from './await-rollout.ts'
import { finishStep } from './finish.ts'
import { AlreadyDone } from './rejected.ts'
import { releasePhaseStep } from './release-phase.ts'
import { guarded, type WorkStep } from './work.ts'

/**
 * When the turn of a config change or rollback comes, others may have gone live since its release was made. One
 * transaction decides whether that release is still what is wanted, and makes the one that is if not.
 */
const turnStep: WorkStep = {
  name: 'turn',
  async run(work) {
    const { ctx, deployment, job } = work
    const done = await guarded(work, async (tx) => {
      await lockApp(tx, deployment.app_id)
      const mine = deployment.release_id === null ? null : await getRelease(tx, deployment.release_id)
      if (mine === null) throw new Error(`deployment ${deployment.id} has no release`)
      const live = await currentRelease(tx, deployment.app_id)
      const verdict =
        deployment.kind === 'rollback'
          ? decideRollbackTurn(
              { version: mine.version, failed: mine.state === 'failed' },
              live?.version ?? null,
            )
          : decideConfigTurn({
              mine: {
                ...facts(mine),
                configIsCurrent: await hasCurrentConfig(tx, mine.id),
                failed: mine.state === 'failed',
              },
              live:
                live === null
                  ? null
                  : { ...facts(live), configIsCurrent: await hasCurrentConfig(tx, live.id) },
            })
      if (verdict === 'roll') return false
      if (verdict === 'done') {
        await closeRelease(tx, mine.id, 'superseded', `v${live?.version ?? 0} has this config already`)
        await finishDeployment(
          tx,
          deployment.id,
          'succeeded',
          null,
          `v${live?.version ?? 0} went live with it`,
        )
        await finishJob(tx, job.id)
        return true
      }
      const code = deployment.kind === 'rollback' || live === null ? mine : live
      const id = ctx.newId<ReleaseId>()
      const version = await insertRelease(tx, {
        id,
        app: deployment.app_id,
        build: code.build_id,
        kind: mine.kind,
        description: mine.description,
        account: mine.account_id,
        author: mine.author,
        processTypes: code.process_types,
        configOf: deployment.kind === 'rollback' ? mine.id : null,
        basedOn: live?.version ?? null,
      })
      await closeRelease(tx, mine.id, 'superseded', `v${version} took its place`)
      await setRelease(tx, deployment.id, id)
      return false
    })
    if (done) throw new AlreadyDone()
  },
}

const facts = ({ version, build_id }: ReleaseRow) => ({ version, build: build_id })

export const releaseSteps: readonly WorkStep[] = [turnStep, releasePhaseStep, rolloutStep, finishStep]
