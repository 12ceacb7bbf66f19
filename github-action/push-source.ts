import { statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { appEndpoints } from '../server/contract/apps.ts'
import { ActionFailure } from './failure.ts'
import { followBuild, recentBuilds } from './follow-build.ts'
import { push } from './git/push.ts'
import type { PushOutcome } from './git/push-outcome.ts'
import type { Snapshot, Source } from './git/source.ts'
import { findErrors } from './log/find-errors.ts'
import { type PlacedError, placeErrors } from './log/place-errors.ts'
import { StageLog } from './log/stages.ts'
import { Away } from './platform/answers.ts'
import { explain, noApp, notAllowed, wrongToken } from './platform/explain.ts'
import { patiently } from './platform/patience.ts'
import { SeenApp } from './platform/shapes.ts'
import type { Step } from './step.ts'

/** GitHub shows ten errors of a step; one is kept for the whole. */
const MAX_PLACED = 9

/** The push was refused by what the platform made of it. */
export class Rejection extends ActionFailure {
  readonly placed: readonly PlacedError[]
  /** The log until then. */
  readonly printed: readonly string[]

  constructor(
    message: string,
    hint: string | null,
    placed: readonly PlacedError[],
    printed: readonly string[],
  ) {
    super('Push rejected', message, hint)
    this.placed = placed
    this.printed = printed
  }
}

/** One push with its log, again while the platform is away, followed to its end if it is cut. Throws Rejection. */
export async function pushSource(
  step: Step,
  app: SeenApp,
  source: Source,
  { folder, commit }: Snapshot,
): Promise<PushOutcome> {
  const { runner, inputs, api, env } = step
  const log = new StageLog(step.stopToken())
  const onLine = (line: string) => runner.lines(log.push(line))
  const before = new Set((await recentBuilds(api, app.name)).map(({ id }) => id))
  const url = `${inputs.origin}/git/${app.name}.git`
  runner.say(`Pushing ${commit.slice(0, 8)} to ${app.deploy_branch} of ${app.name}`)
  const outcome = await patiently(step.patience, async () => {
    const wanted = { folder, url, token: inputs.token, commit, branch: app.deploy_branch, env }
    const ended = await push(wanted, onLine)
    if (ended.kind === 'away') throw new Away(ended.reason)
    if (ended.kind !== 'cut') return ended
    runner.lines(log.end())
    runner.say(`The connection broke (${ended.reason}); asking what became of the push`)
    const followed = await followBuild(api, app.name, { commit, before, printed: log.ofBuild }, onLine).catch(
      (error: unknown) => {
        // It was waited for already; pushing once more is for pushes that began nothing.
        throw explain(error, app.name, inputs.origin)
      },
    )
    if (followed === null) throw new Away(ended.reason)
    return followed
  })
  runner.lines(log.end())
  if (outcome.kind !== 'rejected') return outcome
  // The same commit came by another push: a second workflow's, or this one's, sent twice when its connection broke.
  const now = await api.call(appEndpoints.info, { params: { app: app.name } }, SeenApp)
  if (now.release?.commit !== commit) throw rejectionOf(log, outcome.reason, step, source)
  runner.say('Another push of the same commit went live meanwhile.')
  return { kind: 'accepted' }
}

function rejectionOf(log: StageLog, reason: string, { runner }: Step, source: Source): Rejection {
  const folder = relative(runner.facts.workspace, source.folder).replaceAll('\\', '/')
  const has = (path: string) =>
    statSync(join(source.folder, path), { throwIfNoEntry: false })?.isFile() === true
  const placed = placeErrors(findErrors(log.printed), folder === '' ? '.' : folder, has, MAX_PLACED)
  const [first, ...more] = log.rejection
  return new Rejection(
    first ?? `Push rejected: ${reason}`,
    more.length === 0 ? null : more.join('\n'),
    placed,
    log.untilRejection,
  )
}

/** Of a push that the platform made nothing of. */
export function failureOf(
  outcome: Exclude<PushOutcome, { kind: 'accepted' }>,
  { inputs }: Step,
): ActionFailure {
  switch (outcome.kind) {
    case 'unauthorized':
      return wrongToken(inputs.origin)
    case 'forbidden':
      return notAllowed(inputs.app)
    case 'not-found':
      return noApp(inputs.app, inputs.origin)
    case 'shallow':
    case 'up-to-date':
      return new ActionFailure(
        'Push failed',
        'The platform took no snapshot of the checkout.',
        'Run the job again.',
      )
    case 'rejected':
    case 'failed':
    case 'away':
    case 'cut':
      return new ActionFailure(
        'Push failed',
        `git push failed: ${outcome.reason}.`,
        'Run the job again. If it stays, push from a terminal to see all that git says.',
      )
  }
}
