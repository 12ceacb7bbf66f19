import { head, indent } from '../build/output.ts'
import type { AppId, BuildId } from '../contract/ids.ts'
import { arriveSource, type BuildRow, getBuild } from '../store/builds.ts'
import type { DeployContext } from './deploy-context.ts'
import { buildOf, pushSteps } from './push-steps.ts'
import { Rejected } from './rejected.ts'
import { checkSignal, guarded, showLines, type Work, type WorkStep } from './work.ts'

/** What the credentials of a source are bound to while they wait. */
export const secretContext = (app: AppId, build: BuildId): readonly string[] => ['source', app, build]

/**
 * Brings the code of a deploy that was not pushed into the app's repositories. Run again, it finds what it fetched the
 * first time: a branch that moved meanwhile changes nothing.
 */
const fetchStep: WorkStep = {
  name: 'fetch',
  async enter(tx, { deployment, lines }) {
    const build = deployment.build_id === null ? null : await getBuild(tx, deployment.build_id)
    if (build === null || deployment.step === 'fetch') return
    lines.push(...announcement(build))
  },
  async run(work) {
    const { ctx } = work
    await showLines(work)
    const build = await buildOf(work)
    checkSignal(work)
    const commit = await bring(work, build)
    checkSignal(work)
    await guarded(work, (tx) => arriveSource(tx, build.id, commit))
    if (build.commit_sha === null) work.lines.push(indent(`It is ${commit.slice(0, 8)}`))
    ctx.bus.wake({ log: build.id })
  },
}

function announcement({ source, commit_sha: commit }: BuildRow): string[] {
  switch (source.kind) {
    case 'push':
      return []
    case 'upload':
      return [head(`Taking the upload${source.label === null ? '' : ` ${source.label}`}`)]
    case 'git':
      return [head(`Fetching ${source.ref} of ${source.url}`)]
    case 'rebuild':
      return [
        head(`Building ${(commit ?? '').slice(0, 8)} again`),
        ...(source.upgrade ? [indent('Tools are chosen anew, the newest that are asked for')] : []),
      ]
  }
}

async function bring({ ctx, signal }: Work, build: BuildRow): Promise<string> {
  const { id, app_id: app, source, commit_sha: known } = build
  if (source.kind === 'git')
    return await ctx.git.fetch(
      app,
      { build: id, url: source.url, ref: source.ref, credentials: openSecret(ctx, build) },
      signal,
    )
  if (known === null) throw new Error(`build ${id} has neither a commit nor a place to fetch it from`)
  if (await ctx.git.keep(app, id, known)) return known
  throw new Rejected(
    'build_failed',
    source.kind === 'upload'
      ? 'the upload is no longer there.'
      : `the commit ${known.slice(0, 8)} is no longer there.`,
    { hint: source.kind === 'upload' ? 'Upload it again.' : 'Push it again: git push skypanel main' },
  )
}

function openSecret(
  ctx: Pick<DeployContext, 'seal'>,
  { id, app_id, source_secret }: BuildRow,
): string | null {
  return source_secret === null ? null : ctx.seal.open(source_secret, secretContext(app_id, id))
}

export const sourceSteps: readonly WorkStep[] = [fetchStep, ...pushSteps]
