import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findApp, removeApp } from '../store/apps.ts'
import { writeAudit } from '../store/audit.ts'
import { buildsOf } from '../store/builds.ts'
import { insertJob } from '../store/jobs.ts'
import { openInstances } from '../store/instances.ts'
import { listenFor } from './pause.ts'
import { endLog } from './platform-log.ts'
import { checkSignal, guarded, type WorkStep } from './work.ts'

const LOOK = 500
const LOG_TRIES = 5

/** Each step removes one kind of thing and finds nothing the second time; the row goes last, as it names the rest. */
export const destroySteps: readonly WorkStep[] = [
  {
    name: 'stop-all',
    async run(work) {
      const { ctx, deployment } = work
      using news = listenFor(ctx.bus, (what) => 'app' in what && what.app === deployment.app_id)
      ctx.bus.wake({ app: deployment.app_id })
      while ((await openInstances(ctx.db, deployment.app_id)).length > 0) {
        checkSignal(work)
        await news.wait(LOOK, work.signal)
        await guarded(work, async () => undefined)
      }
    },
  },
  {
    name: 'forget-builds',
    async run({ ctx, deployment }) {
      for (const build of await buildsOf(ctx.db, deployment.app_id)) {
        await ctx.node.call('cancelBuild', { build })
        await ctx.node.call('forgetBuild', { build })
        await rm(join(ctx.settings.builds, build), { recursive: true, force: true })
      }
    },
  },
  {
    name: 'forget-node',
    async run({ ctx, deployment }) {
      await ctx.node.call('destroyApp', { app: deployment.app_id }, { timeout: 120_000 })
    },
  },
  { name: 'forget-repo', run: ({ ctx, deployment }) => ctx.git.remove(deployment.app_id) },
  {
    name: 'forget-logs',
    async run({ ctx, deployment }) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await endLog(ctx, deployment.app_id)
        } catch (error) {
          // The logs process drops logs of apps that it is never asked for again; an app must not live on for its log.
          if (tries === LOG_TRIES)
            return ctx.log.warn(
              { app: deployment.app_id, error: String(error) },
              'an app’s log could not be removed',
            )
          await sleep(200 * tries)
        }
      }
    },
  },
  {
    name: 'remove',
    async run(work) {
      const { ctx, deployment } = work
      await guarded(work, async (tx) => {
        const app = await findApp(tx, deployment.app_id)
        await writeAudit(tx, {
          actorId: deployment.account_id,
          actor: deployment.author,
          action: 'app.destroyed',
          app: deployment.app_id,
          target: app?.name ?? '',
        })
        await insertJob(tx, { id: ctx.newId(), kind: 'collect', app: null, deployment: null })
        // The deployment and this job go with it.
        await removeApp(tx, deployment.app_id)
      })
      ctx.bus.wake({ jobs: true })
    },
  },
]
