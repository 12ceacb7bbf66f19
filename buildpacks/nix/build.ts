import type { BuildOutcome, BuiltArtifact } from '../engine.ts'
import type { ImagePlan } from '../plan.ts'
import type { BuildJob, Task, Tell } from './build-job.ts'
import {
  pickSpec,
  searchPath,
  type StorePath,
  type SystemLayer,
  stageKey,
  type Toolchain,
} from './expression.ts'
import { makeFlake } from './flake/make-flake.ts'
import { makeImage } from './make-image.ts'
import { makeLayers } from './make-layers.ts'
import { makeSteps } from './make-steps.ts'
import { makeToolchains } from './make-toolchains.ts'
import { isEverything } from './source.ts'
import { type Added, SourcePaths } from './source-path.ts'
import type { StageRecord } from './stage-records.ts'
import { setRoots } from './store.ts'
import { indented, warning } from './talk.ts'

/** Roots of builds, and of what an app's next build wants to find again. */
export const BUILD_ROOTS = 'skypanel'
export const CACHE_ROOTS = 'skypanel-cache'

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
  system: readonly SystemLayer[],
  release: BuildJob['request']['plan']['release'],
  size: number,
): BuiltArtifact {
  const running = toolchains.filter((tool) => tool.phases.includes('run')).map((tool) => tool.run)
  const named = new Set([stack, ...layers.map((layer) => layer.path), ...running.map((tool) => tool.path)])
  const all = [...layers, ...running].flatMap((one) => one.closure)
  const { PATH_PREPEND, ...env } = release.env
  const over = system.filter((one) => one.phases.includes('run')).map((one) => one.path)
  return {
    stack,
    layers: layers.map((layer) => layer.path),
    tools: running.map((tool) => tool.path),
    ...(over.length === 0 ? {} : { system: over }),
    closure: [...new Set(all)].filter((path) => !named.has(path)).sort(),
    env: { ...env, PATH: searchPath(PATH_PREPEND, running) },
    processTypes: Object.fromEntries(
      Object.entries(release.processes).map(([type, { command }]) => [type, command]),
    ),
    size,
  }
}

const withWeb = (release: BuildJob['request']['plan']['release'], command: string) => ({
  ...release,
  processes: { ...release.processes, web: { command, from: 'flake.nix' } },
})

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
  const system = await makeLayers(job, tell, added)
  if (plan.image !== undefined) return runImageBuild(job, plan.image, toolchains, system, tell, added)
  const steps = await makeSteps(job, sources, toolchains, system, tell, added)
  const found = plan.flake === undefined ? undefined : steps.get(plan.flake.step)
  const flake =
    plan.flake === undefined || found === undefined
      ? null
      : await makeFlake(job, plan.flake, found, system, tell, added)
  const layers = await releaseLayers(job, sources, steps, tell, added)
  const artifact = composeArtifact(
    workshop.stacks.run.path,
    layers,
    flake === null ? toolchains : [flake.tool, ...toolchains],
    system,
    flake === null || flake.web === null ? plan.release : withWeb(plan.release, flake.web),
    added.bytes,
  )
  job.stop.signal.throwIfAborted()
  await setRoots(workshop.store, BUILD_ROOTS, request.build, [
    artifact.stack,
    ...artifact.layers,
    ...artifact.tools,
    ...(artifact.system ?? []),
    ...artifact.closure,
  ])
  const wanted = [
    ...steps.values(),
    ...(flake === null ? [] : [flake.tool.run]),
    ...system,
    ...toolchains.flatMap((tool) => (tool.build === null ? [tool.run] : [tool.run, tool.build])),
  ]
  await setRoots(workshop.store, CACHE_ROOTS, request.app, [...new Set(wanted.map((one) => one.path))])
  const { remote } = workshop
  if (remote !== null) {
    const made = [...new Set([...steps.values(), ...layers].map(({ path }) => path))]
    // Nobody waits for it, a collection of garbage neither: the release holds these paths, and Nix what it copies.
    void remote.push(made)
  }
  return { ok: true, artifact }
}

/** The release of an image is one store path, and nothing of our stacks runs in it. */
async function runImageBuild(
  job: BuildJob,
  image: ImagePlan,
  toolchains: readonly Toolchain[],
  system: readonly SystemLayer[],
  tell: Tell,
  added: Added,
): Promise<BuildOutcome> {
  const { request, workshop } = job
  const { record, fresh, facts } = await makeImage(job, image, toolchains, system, tell)
  if (fresh) added.bytes += record.size
  const declared = Object.entries(request.plan.release.processes).map(([type, { command }]) => [
    type,
    command,
  ])
  const base = record.also?.['base'] ?? null
  const all = [...record.closure, ...(base?.closure ?? [])]
  const artifact: BuiltArtifact = {
    stack: record.path,
    layers: [],
    tools: [],
    closure: [...new Set(all)].filter((path) => path !== record.path).sort(),
    image: { ...facts.launch, base: base?.path ?? null },
    env: { ...facts.env, ...request.plan.release.env },
    processTypes: {
      ...(facts.command === null ? {} : { web: facts.command }),
      ...Object.fromEntries(declared),
    },
    size: added.bytes,
  }
  job.stop.signal.throwIfAborted()
  await setRoots(workshop.store, BUILD_ROOTS, request.build, [artifact.stack, ...artifact.closure])
  const kept = [
    record,
    ...system,
    ...toolchains.flatMap((tool) => (tool.build === null ? [tool.run] : [tool.run, tool.build])),
  ]
  await setRoots(workshop.store, CACHE_ROOTS, request.app, [...new Set(kept.map(({ path }) => path))])
  return { ok: true, artifact }
}
