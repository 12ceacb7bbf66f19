import { forcesCopy, purgesOf, rememberCopy } from './app-memory.ts'
import type { Step } from '../plan.ts'
import type { BuildJob, Task, Tell } from './build-job.ts'
import {
  inOrder,
  layersBeneath,
  type StageInputs,
  type StorePath,
  type SystemLayer,
  stageKey,
  stageSpec,
  type Toolchain,
} from './expression.ts'
import { BuildStopped, wantsToWriteBelow } from './failure.ts'
import { readableBy, saltedHash } from './secrets.ts'
import type { Added, SourcePaths } from './source-path.ts'
import type { StageRecord } from './stage-records.ts'
import { heading, indented, labelOf, reusedLine, Turns, warning } from './talk.ts'

const elapsed = (begun: number) => Math.round(performance.now() - begun)

interface Stage {
  readonly step: Step
  readonly inputs: Omit<StageInputs, 'mode'>
}

/** Runs a stage, once more with writable copies of the layers if it fails because it wants to change one of them. */
async function makeStage(job: BuildJob, stage: Stage, tell: Tell, added: Added): Promise<StageRecord> {
  const { workshop, request } = job
  const { step, inputs } = stage
  const begun = performance.now()
  const state = (state: 'started' | 'cached' | 'done' | 'failed') =>
    tell({ type: 'stage', name: step.name, state, ms: elapsed(begun) })
  const env = readableBy(step.secrets, request.env)
  const caches = step.caches.map((cache) => {
    const { dir, scope } = request.plan.caches[cache] ?? { dir: `/cache/${cache}`, scope: 'app' as const }
    return { name: dir.replace(/^\/cache\/?/, ''), scope }
  })
  const taskIn = (mode: 'overlay' | 'copy'): Task => {
    const spec = stageSpec({ ...inputs, mode })
    return {
      key: stageKey(spec, workshop.revision),
      name: step.name,
      expression: 'stage.nix',
      spec,
      commands: step.commands,
      env,
      caches,
      offline: !step.network,
    }
  }
  tell({ type: 'line', text: heading(labelOf(step.name)) })
  state('started')
  const mode = (await forcesCopy(workshop.places.agentState, request.app, step.name)) ? 'copy' : 'overlay'
  let done = await job.attempt(taskIn(mode), tell)
  if (
    !('record' in done) &&
    done.end.reason === 'failed' &&
    mode === 'overlay' &&
    inputs.layers.length > 0 &&
    wantsToWriteBelow(done.tail)
  ) {
    tell({
      type: 'line',
      text: warning(
        'A file of the dependencies had to be changed: trying again with a writable copy of them',
      ),
    })
    await rememberCopy(workshop.places.agentState, request.app, step.name)
    done = await job.attempt(taskIn('copy'), tell)
  }
  if (!('record' in done)) {
    state('failed')
    throw job.failure(done, step.name)
  }
  if (done.fresh) added.bytes += done.record.size
  else tell({ type: 'line', text: indented(reusedLine(step.name, elapsed(begun)).trim()) })
  state(done.fresh ? 'done' : 'cached')
  return done.record
}

/** All steps, each as soon as what it needs is there; told in the order of the plan. */
export async function makeSteps(
  job: BuildJob,
  sources: SourcePaths,
  toolchains: readonly Toolchain[],
  system: readonly SystemLayer[],
  tell: Tell,
  added: Added,
): Promise<Map<string, StageRecord>> {
  const { plan, app, env } = job.request
  const { stacks, salt } = job.workshop
  const order = inOrder(plan.steps)
  const purges = await purgesOf(job.workshop.places.agentState, app)
  // After a purge every step is another one, and the results of before are not found any more.
  const since = purges === 0 ? '' : `+${purges}`
  const turns = new Turns(order.length, tell)
  const running = new Map<string, Promise<StageRecord>>()
  const make = async (step: Step, turn: number): Promise<StageRecord> => {
    const beneath: StorePath[] = []
    for (const name of layersBeneath(plan, step)) {
      const record = await running.get(name)
      if (record === undefined) continue
      beneath.push(record)
      if (record.complete) break
    }
    job.stop.signal.throwIfAborted()
    const source = step.inputs.files.length === 0 ? null : await sources.path(step.inputs.files)
    const inputs = {
      app,
      step,
      stack: stacks.build,
      source,
      layers: beneath,
      toolchains,
      system,
      salt: saltedHash(salt, readableBy(step.secrets, env)) + since,
    }
    return makeStage(job, { step, inputs }, (event) => turns.say(turn, event), added)
  }
  for (const [turn, step] of order.entries()) {
    const mine = make(step, turn).finally(() => turns.end(turn))
    // The first that fails ends the others; all are waited for below.
    mine.catch(() => job.stop.abort())
    running.set(step.name, mine)
  }
  const results = await Promise.allSettled(running.values())
  const failures = results
    .filter((result) => result.status === 'rejected')
    .map((result): unknown => result.reason)
  const told =
    failures.find((reason) => reason instanceof BuildStopped && reason.outcome.code !== 'build_canceled') ??
    failures[0]
  if (told instanceof Error) throw told
  const records = new Map<string, StageRecord>()
  for (const [name, record] of running) records.set(name, await record)
  return records
}
