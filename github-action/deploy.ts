import { statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { z } from 'zod'
import { releaseEndpoints } from '../server/contract/releases.ts'
import { ActionFailure } from './failure.ts'
import { findApp } from './find-app.ts'
import { followBuild, recentBuilds } from './follow-build.ts'
import { push } from './git/push.ts'
import type { PushOutcome } from './git/push-outcome.ts'
import { inspectSource, type Snapshot, type Source, takeSnapshot } from './git/source.ts'
import { findErrors } from './log/find-errors.ts'
import { type PlacedError, placeErrors } from './log/place-errors.ts'
import { StageLog } from './log/stages.ts'
import { Away } from './platform/answers.ts'
import { explain, noApp, notAllowed, wrongToken } from './platform/explain.ts'
import { patiently } from './platform/patience.ts'
import { waitForHealth } from './platform/health.ts'
import { type SeenApp, SeenRelease } from './platform/shapes.ts'
import type { Step } from './step.ts'

export interface Deployed {
  readonly app: string
  readonly release: number
  readonly url: string
  /** As the platform knows it: of a snapshot, the snapshot's. */
  readonly commit: string
  /** It served already; nothing was pushed. */
  readonly already: boolean
  /** What the app answered, null when it was not asked. */
  readonly status: number | null
}

/** GitHub shows ten errors of a step; one is kept for the whole. */
const MAX_PLACED = 9

/** The push was refused by what the platform made of it. */
export class Rejection extends ActionFailure {
  readonly placed: readonly PlacedError[]
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

/** Makes the checked-out commit the release that serves. */
export async function deploy(step: Step): Promise<Deployed> {
  const { inputs, runner, api, env } = step
  const source = await inspectSource(runner.facts.workspace, inputs.directory, env)
  const { app, created } = await findApp(api, inputs)
  if (created) runner.say(`Made the app ${app.name}`)
  const landed = await land(step, app, source)
  const release = await releaseOf(step, app, landed.commit)
  const { url, status } = await healthOf(step, app, release)
  return { app: app.name, release: release.version, url, status, ...landed }
}

type Landed = Pick<Deployed, 'commit' | 'already'>

/** As it is if that can be; as a snapshot where history is missing, or where the branch names it without serving it. */
async function land(step: Step, app: SeenApp, source: Source): Promise<Landed> {
  const { runner } = step
  const serves = (commit: string) => app.release?.commit === commit
  if (source.kind === 'commit' && serves(source.commit)) return { commit: source.commit, already: true }
  let tried: Snapshot =
    source.kind === 'commit' && source.history ? source : await snapshotOf(step, source, false)
  if (source.kind === 'commit' && !source.history) tellShallow(step)
  if (serves(tried.commit)) return { commit: tried.commit, already: true }
  let outcome = await pushed(step, app, source, tried)
  if (outcome.kind === 'shallow') {
    tellShallow(step)
    tried = await snapshotOf(step, source, false)
    if (serves(tried.commit)) return { commit: tried.commit, already: true }
    outcome = await pushed(step, app, source, tried)
  }
  if (outcome.kind === 'up-to-date') {
    const { app: now } = await findApp(step.api, step.inputs)
    if (now.release?.commit === tried.commit) return { commit: tried.commit, already: true }
    runner.say(
      `${now.deploy_branch} names ${tried.commit.slice(0, 8)} already, but another release serves (a rollback, most likely): its files are pushed as a snapshot.`,
    )
    tried = await snapshotOf(step, source, true)
    outcome = await pushed(step, app, source, tried)
  }
  if (outcome.kind === 'accepted') return { commit: tried.commit, already: false }
  throw failureOf(outcome, step)
}

const snapshotOf = (step: Step, source: Source, fresh: boolean): Promise<Snapshot> =>
  takeSnapshot(
    source,
    { ...step.runner.facts, now: new Date(step.time.now()).toISOString(), fresh },
    step.env,
  )

const tellShallow = ({ runner }: Step) =>
  runner.say(
    'The checkout is shallow, so its files are pushed as a snapshot. To see the real commits in the releases: fetch-depth: 0 at actions/checkout.',
  )

/** One push, again while the platform is away, followed to its end if its connection breaks. Throws Rejection. */
async function pushed(
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
    const printed = log.printed.filter((line) => !line.startsWith('SkyPanel: ')).length
    const followed = await followBuild(api, app.name, { commit, before, printed }, onLine).catch(
      (error: unknown) => {
        // It was waited for already; pushing once more is for pushes that began nothing.
        throw explain(error, app.name, inputs.origin)
      },
    )
    if (followed === null) throw new Away(ended.reason)
    return followed
  })
  runner.lines(log.end())
  if (outcome.kind === 'rejected') throw rejectionOf(log, outcome.reason, step, source)
  return outcome
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
    log.printed,
  )
}

function failureOf(outcome: Exclude<PushOutcome, { kind: 'accepted' }>, { inputs }: Step): ActionFailure {
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

/** The release that the commit became. It serves, unless another deployment has followed it already. */
async function releaseOf({ api }: Step, { name: app }: SeenApp, commit: string): Promise<SeenRelease> {
  const releases = await api.call(
    releaseEndpoints.list,
    { params: { app }, query: { limit: 50 } },
    z.array(SeenRelease),
  )
  const found = releases.find((release) => release.commit === commit && release.state !== 'failed')
  if (found !== undefined) return found
  throw new ActionFailure(
    'No release',
    `${app} took the commit ${commit.slice(0, 8)}, but lists no release of it.`,
    'See `skypanel releases` and `skypanel builds`.',
  )
}

async function healthOf(
  { inputs, runner, time }: Step,
  app: SeenApp,
  release: SeenRelease,
): Promise<{ readonly url: string; readonly status: number | null }> {
  const url = app.web_url
  if (inputs.wait === 0 || release.process_types['web'] === undefined) return { url, status: null }
  const path = inputs.healthcheckPath ?? app.health_check_path
  const status = await waitForHealth({ url, path, seconds: inputs.wait }, time)
  runner.say(`${new URL(path ?? '/', url).href} answers ${status}`)
  return { url, status }
}
