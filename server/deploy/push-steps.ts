import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { lockOf } from '../../buildpacks/inventory/resolve.ts'
import { BuildPlan } from '../../buildpacks/plan.ts'
import type { ReleaseId } from '../contract/ids.ts'
import { head, bang, liveLines, planLines, processLines, summaryOf } from '../build/output.ts'
import { planSource, TOOLS_KEY } from '../build/plan-source.ts'
import { runBuild } from '../build/run-build.ts'
import { takeStock } from '../build/take-stock.ts'
import { readConfig } from '../config-vars/read-config.ts'
import { isDomainError } from '../domain/errors.ts'
import { describeDeploy, serviceTypes } from '../domain/release.ts'
import { DEFAULT_SIZE } from '../domain/sizes.ts'
import { withRoom } from '../nodes/room.ts'
import { findApp, lockApp } from '../store/apps.ts'
import { writeAudit } from '../store/audit.ts'
import { remember } from '../store/build-cache.ts'
import {
  describeBuild,
  getBuild,
  startBuild,
  storePlan,
  succeedBuild,
  type BuildRow,
} from '../store/builds.ts'
import { getDeployment, setRelease } from '../store/deployments.ts'
import { addTypes, formationOf } from '../store/formation.ts'
import { storeComponents } from '../store/components.ts'
import { currentRelease, getRelease, insertRelease } from '../store/releases.ts'
import { rolloutStep } from './await-rollout.ts'
import { finishStep } from './finish.ts'
import { Rejected } from './rejected.ts'
import { requireDriver } from './require-driver.ts'
import { releasePhaseStep } from './release-phase.ts'
import { checkSignal, guarded, showLines, type Work, type WorkStep } from './work.ts'

export async function buildOf({ ctx, deployment }: Work): Promise<BuildRow> {
  const build = deployment.build_id === null ? null : await getBuild(ctx.db, deployment.build_id)
  if (build === null) throw new Error(`deployment ${deployment.id} has no build`)
  return build
}

const placeOf = ({ id, commit_sha, ref }: BuildRow) => {
  if (commit_sha === null) throw new Error(`build ${id} has no commit`)
  return { commit: commit_sha, ref }
}

const sourceFolder = ({ ctx }: Work, build: BuildRow) => join(ctx.settings.builds, build.id, 'source', 'app')

/** Writes the commit's tree to the build's folder, if the branch is still where the pusher saw it. */
export const exportStep: WorkStep = {
  name: 'export',
  async enter(tx, { deployment, lines, ctx }) {
    const build = deployment.build_id === null ? null : await getBuild(tx, deployment.build_id)
    if (build?.state === 'pending') lines.push(head(`Building on the ${build.stack} stack`))
    if (build !== null) await startBuild(tx, build.id)
    ctx.log.info({ app: deployment.app_id, deployment: deployment.id }, 'a push is built')
  },
  async run(work) {
    const { ctx } = work
    const build = await buildOf(work)
    const at = placeOf(build)
    const now = await ctx.git.readRef(build.app_id, build.ref)
    // Only a push goes on from where the pusher saw the branch.
    if (build.source.kind === 'push' && (now ?? '') !== (/^0+$/.test(build.old_sha) ? '' : build.old_sha)) {
      const branch = build.ref.replace('refs/heads/', '')
      if (now === build.commit_sha)
        throw new Rejected(
          'conflict',
          `${branch} has this commit already: another push of it went live meanwhile.`,
          {
            hint: 'There is nothing left to do. To tell your copy: git fetch skypanel',
          },
        )
      throw new Rejected('conflict', `${branch} was moved by another push meanwhile.`, {
        hint: `Fetch it, merge it and push again: git pull skypanel ${branch}`,
      })
    }
    const folder = sourceFolder(work, build)
    await mkdir(join(ctx.settings.builds, build.id), { recursive: true, mode: 0o711 })
    const [warnings, facts] = await Promise.all([
      ctx.git.export(build.app_id, at, folder),
      ctx.git.describe(build.app_id, at),
    ])
    await describeBuild(ctx.db, build.id, await subjectOf(work, build, facts.subject))
    work.lines.push(...warnings.map(bang))
  },
}

/** What the release is called: an archive has no commit message, and a build once more is what it was. */
async function subjectOf({ ctx }: Work, { source }: BuildRow, written: string): Promise<string> {
  if (source.kind === 'upload') return source.label ?? ''
  return source.kind === 'rebuild' ? ((await getBuild(ctx.db, source.of))?.subject ?? written) : written
}

const planStep: WorkStep = {
  name: 'plan',
  async run(work) {
    const { ctx } = work
    const build = await buildOf(work)
    await showLines(work)
    const config = await readConfig(ctx, ctx.db, build.app_id)
    const upgrade = build.source.kind === 'rebuild' && build.source.upgrade
    const planned = await planSource(ctx, build.app_id, sourceFolder(work, build), config, upgrade)
    if (!planned.ok)
      throw new Rejected('no_buildpack', planned.message, {
        hint: planned.hint,
        tail: planned.asked.map(({ provider, why }) => `${provider}: ${why}`),
        title: 'These were asked:',
      })
    const { driver } = planned.plan.release
    const app = await findApp(ctx.db, build.app_id)
    // What the app itself is set to wins, and was checked when it was set.
    if (driver !== undefined && app?.driver == null) await requireDriver(ctx, driver).catch(refusedWish)
    await storePlan(ctx.db, build.id, planned.plan, summaryOf(planned.plan))
    work.lines.push(...planLines(planned.plan, planned.locked))
  },
}

/** Told before anything is built for it. */
function refusedWish(error: unknown): never {
  if (!isDomainError(error, 'invalid_params')) throw error
  throw new Rejected('build_failed', error.message, {
    hint: 'Change `driver` below [runtime] in skypanel.toml, or leave it out: the node has one of its own.',
  })
}

const buildStep: WorkStep = {
  name: 'build',
  async run(work) {
    const { ctx } = work
    const build = await buildOf(work)
    if (build.state === 'succeeded') return
    const plan = BuildPlan.parse(build.plan)
    const env = await readConfig(ctx, ctx.db, build.app_id)
    const app = await findApp(ctx.db, build.app_id)
    const policy = app?.vulnerability_policy ?? 'warn'
    const stock = takeStock(ctx, { id: build.id, folder: sourceFolder(work, build), plan }, policy)
    // Code that was not pushed is on no branch: it finds what builds of the app's own branch keep.
    const pushed = build.ref.startsWith('refs/heads/') ? build.ref.slice('refs/heads/'.length) : null
    const branch = (pushed ?? app?.deploy_branch ?? 'main').slice(0, 250)
    const artifact = await runBuild(
      ctx,
      { build: build.id, app: build.app_id, branch, plan, env },
      work.signal,
    )
    const { components, findings, lines, refusal } = await stock.finish(artifact)
    work.lines.push(...lines)
    if (refusal !== null)
      throw new Rejected('build_failed', refusal, {
        hint: 'Upgrade it, or let the app take the risk: skypanel apps:update --vulnerabilities warn',
      })
    work.lines.push(...processLines(artifact.processTypes, plan), head('Launching...'))
    await guarded(work, async (tx) => {
      await succeedBuild(tx, build.id, artifact)
      await storeComponents(tx, build.id, components, findings)
    })
    await remember(ctx.db, build.app_id, TOOLS_KEY, lockOf(plan))
  },
}

/** The commit point: one transaction with number, config snapshot, formation and audit line. */
const releaseStep: WorkStep = {
  name: 'release',
  async run(work) {
    const { ctx, deployment } = work
    checkSignal(work)
    await guarded(work, async (tx, held) => {
      if (held.cancel_requested) throw new Rejected('build_canceled', 'it was canceled')
      const app = await lockApp(tx, deployment.app_id)
      const build = await buildOf(work)
      if (app?.state !== 'active') throw new Rejected('app_not_found', 'the app is being destroyed')
      if ((await getDeployment(tx, deployment.id))?.release_id != null) return
      const processTypes = build.artifact?.processTypes ?? {}
      await withRoom(tx, ctx.settings, () =>
        addTypes(tx, deployment.app_id, serviceTypes(processTypes), DEFAULT_SIZE),
      )
      const before = await currentRelease(tx, deployment.app_id)
      const id = ctx.newId<ReleaseId>()
      const version = await insertRelease(tx, {
        id,
        app: deployment.app_id,
        build: build.id,
        kind: 'push',
        description: describeDeploy(build.source, placeOf(build).commit, build.subject),
        account: deployment.account_id,
        author: deployment.author,
        processTypes,
        configOf: null,
        basedOn: before?.version ?? null,
      })
      await setRelease(tx, deployment.id, id)
      await writeAudit(tx, {
        actorId: deployment.account_id,
        actor: deployment.author,
        action: 'release.create',
        app: deployment.app_id,
        target: app.name,
        detail: { version, commit: build.commit_sha },
      })
    })
  },
}

/** The release is live; only now may git move the branch, and does so when its hook hears of this step. */
const refStep: WorkStep = {
  name: 'ref',
  async enter(tx, work) {
    const { ctx, deployment } = work
    const row = await getDeployment(tx, deployment.id)
    const release = row?.release_id == null ? null : await getRelease(tx, row.release_id)
    const app = await findApp(tx, deployment.app_id)
    // Entered again after a crash, the pusher was told already.
    if (deployment.step === 'ref') return
    const web =
      (await formationOf(tx, deployment.app_id)).some(({ type }) => type === 'web') &&
      release?.process_types['web'] !== undefined
    if (release !== null && app !== null)
      work.lines.push(...liveLines(release.version, web ? ctx.settings.webUrl(app.name) : null))
  },
  async run(work) {
    const { ctx, deployment } = work
    await showLines(work)
    const build = await buildOf(work)
    ctx.bus.wake({ log: build.id })
    // The release is live: nothing that goes wrong here can take that back.
    const landed = await ctx.git
      .landRef(deployment.app_id, {
        ref: build.ref,
        to: placeOf(build).commit,
        from: build.old_sha,
        token: deployment.push_token,
      })
      .catch((error: unknown) =>
        ctx.log.error({ app: deployment.app_id, error: String(error) }, 'the branch could not be moved'),
      )
    if (landed === false)
      ctx.log.warn(
        { app: deployment.app_id, commit: build.commit_sha },
        'a live commit is not what its branch names: the branch was moved',
      )
    await rm(join(ctx.settings.builds, build.id, 'source'), { recursive: true, force: true })
  },
}

/** Of a push. What is not pushed is brought here first (source-steps.ts). */
export const pushSteps: readonly WorkStep[] = [
  exportStep,
  planStep,
  buildStep,
  releaseStep,
  releasePhaseStep,
  rolloutStep,
  refStep,
  finishStep,
]
