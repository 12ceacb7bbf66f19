import { createHash } from 'node:crypto'
import type { BuildPlan, Step } from '../plan.ts'
import type { Stack } from './stack.ts'

/** How /app comes about: see inner.sh. */
export type Mode = 'overlay' | 'copy' | 'plain' | 'pick'

/** A store path with all that has to be visible with it. */
export interface StorePath {
  readonly path: string
  readonly closure: readonly string[]
}

/** A toolchain as stages and releases use it. */
export interface Toolchain {
  readonly name: string
  /** On PATH by its `bin`; ends in releases when the plan asks for it. */
  readonly run: StorePath
  /** Only for builds: headers. */
  readonly build: StorePath | null
  readonly phases: readonly ('build' | 'run')[]
  readonly version?: string | null
}

/** Packages of the system, laid over the stack. */
export interface SystemLayer {
  readonly path: string
  readonly phases: readonly ('build' | 'run')[]
}

/** What stage.nix reads. Everything in it decides the hash of the derivation, and nothing else does. */
export interface StageSpec {
  readonly name: string
  readonly stack: { readonly path: string }
  readonly loader: string
  readonly libraries: readonly string[]
  readonly mode: Mode
  readonly network: boolean
  readonly sources: readonly string[]
  readonly layers: readonly string[]
  /** Layers over the stack, the uppermost first. */
  readonly system: readonly string[]
  readonly visible: readonly string[]
  readonly commands: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly searchPath: string
  readonly keep: readonly string[]
  readonly pick: readonly string[]
  readonly caches: boolean
  /** Keyed hash of the config vars that the stage may read; says nothing about them. */
  readonly salt: string
}

const SYSTEM_PATH = '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin'

/** PATH of builds and instances: what the plan puts first, the toolchains, the stack. */
export function searchPath(prepend: string | undefined, toolchains: readonly StorePath[]): string {
  return [prepend ?? '', ...toolchains.map((tool) => `${tool.path}/bin`), SYSTEM_PATH]
    .filter((part) => part !== '')
    .join(':')
}

/** Where a step finds each tool, e.g. SKY_TOOL_node; native modules are compiled against the headers of Node. */
export function toolEnvironment(toolchains: readonly Toolchain[]): Record<string, string> {
  const env: Record<string, string> = {}
  const npm = Number(toolchains.find(({ name }) => name === 'npm')?.version?.split('.')[0])
  // npm 11 warns of configuration that it does not know, at each call; its node-gyp reads the other name.
  const nodedir = npm >= 11 ? 'npm_package_config_node_gyp_nodedir' : 'npm_config_nodedir'
  for (const tool of toolchains) {
    env[`SKY_TOOL_${tool.name.replaceAll(/[^A-Za-z0-9]/g, '_')}`] = (tool.build ?? tool.run).path
    if (tool.name === 'node' && tool.build !== null) env[nodedir] = tool.build.path
  }
  return env
}

const unique = (values: readonly string[]) => [...new Set(values)]

/** Store paths allow few characters in a name. */
export function storeName(app: string, step: string): string {
  return `${app}-${step}`
    .replaceAll(/[^A-Za-z0-9+._?=-]/g, '-')
    .replace(/^\.+/, '')
    .slice(0, 80)
}

export interface StageInputs {
  readonly app: string
  readonly step: Step
  readonly stack: Stack
  /** The inputs of the step as a store path with an `app` folder; null when it reads no file. */
  readonly source: StorePath | null
  /** Outputs of the steps beneath, the uppermost first. */
  readonly layers: readonly StorePath[]
  readonly toolchains: readonly Toolchain[]
  readonly system: readonly SystemLayer[]
  readonly salt: string
  readonly mode: 'overlay' | 'copy'
}

/** A step of a plan, with all it stands on, as a stage. */
export function stageSpec(inputs: StageInputs): StageSpec {
  const { step, stack, source, layers, toolchains } = inputs
  const building = toolchains.filter((tool) => tool.phases.includes('build'))
  const { PATH_PREPEND, ...environment } = step.env
  const seen = [
    ...building.flatMap((tool) => [tool.run, ...(tool.build === null ? [] : [tool.build])]),
    ...layers,
    ...(source === null ? [] : [source]),
  ]
  return {
    name: storeName(inputs.app, step.name),
    stack: { path: stack.path },
    loader: stack.loader,
    libraries: stack.libraries,
    // Without a layer there is nothing to lay over: the commands then write where the output is.
    mode: layers.length === 0 ? 'copy' : inputs.mode,
    network: step.network,
    sources: source === null ? [] : [source.path],
    layers: layers.map((layer) => layer.path),
    system: inputs.system.filter((one) => one.phases.includes('build')).map((one) => one.path),
    visible: unique(seen.flatMap((one) => one.closure)),
    commands: step.commands,
    environment: { ...toolEnvironment(building), ...environment },
    searchPath: searchPath(
      PATH_PREPEND,
      building.map((tool) => tool.run),
    ),
    keep: step.outputs.length === 0 ? ['.'] : step.outputs,
    pick: [],
    caches: step.caches.length > 0,
    salt: inputs.salt,
  }
}

/** Only some paths of a layer, as a layer of its own. */
export function pickSpec(
  app: string,
  step: string,
  stack: Stack,
  layer: StorePath,
  paths: readonly string[],
): StageSpec {
  return {
    name: storeName(app, `${step}-picked`),
    stack: { path: stack.path },
    loader: stack.loader,
    libraries: stack.libraries,
    mode: 'pick',
    network: false,
    sources: [],
    layers: [layer.path],
    system: [],
    visible: layer.closure,
    commands: [],
    environment: {},
    searchPath: SYSTEM_PATH,
    keep: ['.'],
    pick: paths,
    caches: false,
    salt: '',
  }
}

/** Our own name for a stage. `revision` is the hash of the files that carry it out. */
export function stageKey(spec: StageSpec, revision: string): string {
  return createHash('sha256')
    .update(JSON.stringify([revision, spec]))
    .digest('hex')
}

/** Steps in an order in which each comes after those that it needs. Throws where the plan has no such order. */
export function inOrder(steps: readonly Step[]): Step[] {
  const byName = new Map(steps.map((step) => [step.name, step]))
  const done = new Set<string>()
  const order: Step[] = []
  const visit = (step: Step, above: readonly string[]) => {
    if (done.has(step.name)) return
    if (above.includes(step.name))
      throw new Error(`The plan's steps need each other in a circle: ${[...above, step.name].join(' → ')}`)
    for (const name of step.needs) {
      const needed = byName.get(name)
      if (needed === undefined)
        throw new Error(`The plan's step "${step.name}" needs "${name}", which is no step`)
      visit(needed, [...above, step.name])
    }
    done.add(step.name)
    order.push(step)
  }
  for (const step of steps) visit(step, [])
  return order
}

/** Names of the layers beneath a step, the uppermost first. */
export function layersBeneath(plan: Pick<BuildPlan, 'steps'>, step: Step): string[] {
  const byName = new Map(plan.steps.map((one) => [one.name, one]))
  const names: string[] = []
  const visit = (name: string) => {
    if (names.includes(name)) return
    names.push(name)
    for (const below of byName.get(name)?.needs ?? []) visit(below)
  }
  for (const name of step.needs) visit(name)
  return names
}
