import type { BuildOutcome, BuiltArtifact } from '../engine.ts'
import type { Step } from '../plan.ts'
import type { BuildJob, Task, Tell } from './build-job.ts'
import {
  inOrder,
  layersBeneath,
  pickSpec,
  searchPath,
  type StageInputs,
  type StorePath,
  stageKey,
  stageSpec,
  type Toolchain,
} from './expression.ts'
import { forcesCopy, rememberCopy } from './app-memory.ts'
import { BuildStopped, wantsToWriteBelow } from './failure.ts'
import { readableBy, saltedHash } from './secrets.ts'
import { isEverything } from './source.ts'
import { type Added, SourcePaths } from './source-path.ts'
import type { StageRecord } from './stage-records.ts'
import { PLATFORM_ROOTS } from './stack.ts'
import { setRoots } from './store.ts'
import { heading, indented, labelOf, reusedLine, Turns, warning } from './talk.ts'
import { asToolchain, toolKey, toolRecipe } from './toolchain.ts'

/** Roots of builds, and of what an app's next build wants to find again. */
export const BUILD_ROOTS = 'skypanel'
export const CACHE_ROOTS = 'skypanel-cache'

const since = (begun: number) => Math.round(performance.now() - begun)

async function makeToolchains(job: BuildJob, tell: Tell, added: Added): Promise<Toolchain[]> {
  const { stacks, revision } = job.workshop
  const made: Toolchain[] = []
  for (const tool of job.request.plan.tools) {
    const recipe = toolRecipe(tool, stacks.build)
    if (recipe === null) continue
    const key = toolKey(recipe, revision)
    const label = `${tool.name}${tool.version === null ? '' : ` ${tool.version}`}`
    if ((await job.workshop.records.find(key)) === null)
      tell({ type: 'line', text: heading(`Fetching ${label}`) })
    const task: Task = { key, name: label, ...recipe, commands: [], env: {}, caches: [] }
    const done = await job.attempt(task, tell)
    if (!('record' in done)) throw job.failure(done, `fetch ${label}`)
    const { record } = done
    if (done.fresh) {
      added.bytes += record.size
      // Debian's tools are named by the stack alone: made once, kept for all apps.
      if (tool.source === 'debian')
        await setRoots(job.workshop.store, PLATFORM_ROOTS, `tool-${tool.name}`, [record.path])
    }
    made.push(asToolchain(tool, record, record.also?.['dev'] ?? null))
  }
  return made
}

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
    tell({ type: 'stage', name: step.name, state, ms: since(begun) })
  const env = readableBy(step.secrets, request.env)
  const caches = step.caches.map((name) =>
    (request.plan.caches[name]?.dir ?? `/cache/${name}`).replace(/^\/cache\/?/, ''),
  )
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
  else tell({ type: 'line', text: indented(reusedLine(step.name, since(begun)).trim()) })
  state(done.fresh ? 'done' : 'cached')
  return done.record
}

/** All steps, each as soon as what it needs is there; told in the order of the plan. */
async function makeSteps(
  job: BuildJob,
  sources: SourcePaths,
  toolchains: readonly Toolchain[],
  tell: Tell,
  added: Added,
): Promise<Map<string, StageRecord>> {
  const { plan, app, env } = job.request
  const { stacks, salt } = job.workshop
  const order = inOrder(plan.steps)
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
      salt: saltedHash(salt, readableBy(step.secrets, env)),
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

/** Layers of the release, the uppermost first. */
async function releaseLayers(
  job: BuildJob,
  sources: SourcePaths,
  steps: ReadonlyMap<string, StageRecord>,
  tell: Tell,
  added: Added,
): Promise<StageRecord[]> {
  const { plan, app } = job.request
  const layers: StageRecord[] = []
  for (const { step: name, paths } of plan.release.include) {
    if (name === 'source') {
      layers.push(await sources.path(paths))
      continue
    }
    const record = steps.get(name)
    const step = plan.steps.find((one) => one.name === name)
    if (record === undefined || step === undefined)
      throw new Error(`The plan releases "${name}", which is no step`)
    if (isEverything(paths) || JSON.stringify(paths) === JSON.stringify(step.outputs)) {
      layers.push(record)
      if (record.complete) break
      continue
    }
    const spec = pickSpec(app, name, job.workshop.stacks.build, record, paths)
    const task: Task = {
      key: stageKey(spec, job.workshop.revision),
      name: `${name} (picked)`,
      expression: 'stage.nix',
      spec,
      commands: [],
      env: {},
      caches: [],
    }
    const done = await job.attempt(task, tell)
    if (!('record' in done)) throw job.failure(done, name)
    if (done.fresh) added.bytes += done.record.size
    layers.push(done.record)
  }
  return layers
}

/** What instances get. Pure. */
export function composeArtifact(
  stack: string,
  layers: readonly StorePath[],
  toolchains: readonly Toolchain[],
  release: BuildJob['request']['plan']['release'],
  size: number,
): BuiltArtifact {
  const running = toolchains.filter((tool) => tool.phases.includes('run')).map((tool) => tool.run)
  const named = new Set([stack, ...layers.map((layer) => layer.path), ...running.map((tool) => tool.path)])
  const all = [...layers, ...running].flatMap((one) => one.closure)
  const { PATH_PREPEND, ...env } = release.env
  return {
    stack,
    layers: layers.map((layer) => layer.path),
    tools: running.map((tool) => tool.path),
    closure: [...new Set(all)].filter((path) => !named.has(path)).sort(),
    env: { ...env, PATH: searchPath(PATH_PREPEND, running) },
    processTypes: Object.fromEntries(
      Object.entries(release.processes).map(([type, { command }]) => [type, command]),
    ),
    size,
  }
}

export async function runBuild(job: BuildJob, tell: Tell): Promise<BuildOutcome> {
  const { request, workshop } = job
  const { plan } = request
  for (const note of plan.notes)
    tell({ type: 'line', text: note.level === 'warn' ? warning(note.message) : indented(note.message) })
  const added: Added = { bytes: 0 }
  const sources = new SourcePaths(job, added)
  // Most releases hold the whole commit: it goes into the store while the toolchains are looked at.
  const whole =
    plan.steps.some((step) => isEverything(step.inputs.files)) ||
    plan.release.include.some((part) => part.step === 'source' && isEverything(part.paths))
  const [toolchains] = await Promise.all([
    makeToolchains(job, tell, added),
    whole ? sources.path(['.']) : null,
  ])
  const steps = await makeSteps(job, sources, toolchains, tell, added)
  const layers = await releaseLayers(job, sources, steps, tell, added)
  const artifact = composeArtifact(workshop.stacks.run.path, layers, toolchains, plan.release, added.bytes)
  job.stop.signal.throwIfAborted()
  await setRoots(workshop.store, BUILD_ROOTS, request.build, [
    artifact.stack,
    ...artifact.layers,
    ...artifact.tools,
    ...artifact.closure,
  ])
  const wanted = [
    ...steps.values(),
    ...toolchains.flatMap((tool) => (tool.build === null ? [tool.run] : [tool.run, tool.build])),
  ]
  await setRoots(workshop.store, CACHE_ROOTS, request.app, [...new Set(wanted.map((one) => one.path))])
  return { ok: true, artifact }
}
