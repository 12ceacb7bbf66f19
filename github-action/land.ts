import { findApp } from './find-app.ts'
import type { PushOutcome } from './git/push-outcome.ts'
import { type Snapshot, type Source, takeSnapshot } from './git/source.ts'
import { failureOf, pushSource } from './push-source.ts'
import type { SeenApp } from './platform/shapes.ts'
import type { Step } from './step.ts'

export interface Landed {
  readonly commit: string
  /** It served before; nothing was pushed. */
  readonly already: boolean
}

/**
 * Brings the source to the platform: as its commit if that can be; as a snapshot where history is missing, or where the
 * branch names the commit and another release serves.
 */
export async function land(step: Step, app: SeenApp, source: Source): Promise<Landed> {
  const { runner } = step
  const serves = (commit: string) => app.release?.commit === commit
  const already = (commit: string): Landed => ({ commit, already: true })
  const push = (what: Snapshot): Promise<PushOutcome> => pushSource(step, app, source, what)

  if (source.kind === 'commit' && serves(source.commit)) return already(source.commit)
  const whole = source.kind === 'commit' && source.history
  if (source.kind === 'commit' && !whole) tellShallow(step)
  let tried = whole ? source : await snapshotOf(step, source, false)
  if (serves(tried.commit)) return already(tried.commit)
  let outcome = await push(tried)

  if (outcome.kind === 'shallow') {
    tellShallow(step)
    tried = await snapshotOf(step, source, false)
    if (serves(tried.commit)) return already(tried.commit)
    outcome = await push(tried)
  }
  if (outcome.kind === 'up-to-date') {
    const { app: now } = await findApp(step.api, step.inputs)
    if (now.release?.commit === tried.commit) return already(tried.commit)
    runner.say(
      `${now.deploy_branch} names ${tried.commit.slice(0, 8)} already, but another release serves (a rollback, most likely): its files are pushed as a snapshot.`,
    )
    tried = await snapshotOf(step, source, true)
    outcome = await push(tried)
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
