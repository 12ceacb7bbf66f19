import type { BuildId } from '../contract/ids.ts'
import { indent } from '../build/output.ts'
import { watchBuild } from '../build/watch-build.ts'
import { appendLines, insertBuild } from '../store/builds.ts'
import { deploymentOfToken, openWork, pushDecision } from '../store/deployments.ts'
import { beginWork, holdApp } from './begin-work.ts'
import type { DeployContext } from './deploy-context.ts'
import type { PushIntake } from './push-intake.ts'

/** What git's side is given of deploying. */
export function createPushIntake(ctx: DeployContext): PushIntake {
  return {
    async begin({ app, actor, token, ref, old, commit, lines }) {
      const build = ctx.newId<BuildId>()
      const deployment = await ctx.db.transaction(async (tx) => {
        await holdApp(tx, app)
        const ahead = await openWork(tx, app)
        await insertBuild(tx, {
          id: build,
          app,
          commit,
          ref,
          old,
          account: actor.account,
          author: actor.email,
          source: { kind: 'push' },
        })
        const waiting = ahead.map(({ kind }) =>
          indent(`Waiting for ${kind === 'push' ? 'another push' : `a ${kind} change`} to finish`),
        )
        await appendLines(tx, build, [...lines, ...waiting], null)
        return beginWork(ctx, tx, app, actor, { kind: 'push', build, pushToken: token })
      })
      ctx.crash('push.taken')
      ctx.bus.wake({ jobs: true })
      return { app, build, deployment }
    },
    async find(token) {
      const row = await deploymentOfToken(ctx.db, token)
      return row?.build_id == null ? null : { app: row.app_id, build: row.build_id, deployment: row.id }
    },
    follow: ({ build, deployment }, after, signal) =>
      watchBuild(ctx, build, after, async () => (await pushDecision(ctx.db, deployment)) !== 'open', signal),
    accepted: async ({ deployment }) => (await pushDecision(ctx.db, deployment)) === 'accepted',
  }
}
