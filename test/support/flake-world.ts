import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildOnce } from '../../buildpacks/engine-conformance.ts'
import { NixEngine } from '../../buildpacks/nix/engine.ts'
import type { FlakeCacheOptions } from '../../buildpacks/nix/flake/flake-caches.ts'
import { physical } from '../../buildpacks/nix/store.ts'
import { UnshareCells } from '../../buildpacks/nix/unshare-cells.ts'
import { planFolder } from '../../buildpacks/plan-folder.ts'
import { type AgentCells, openAgentCells } from './agent-cells.ts'
import { type NixBench, openNixBench } from './nix-engine.ts'

const LIMITS = { memoryMb: 8192, cpuMilli: 2000, pids: 400, diskMb: 2048, seconds: 900 }

type Files = Readonly<Record<string, string>>
interface Given {
  readonly app?: string
  /** With them a build runs in cells that reach a test's own server, and without in an agent's. */
  readonly caches?: FlakeCacheOptions
  readonly env?: Record<string, string>
  /** A folder with an `app`, in the place of files. */
  readonly source?: string
}

/** A flake whose package is made by a command of the sandbox's shell. */
export const flakeOf = (command: string, more = '') => `{
  outputs = { self }: {
    packages.x86_64-linux.default = derivation {
      name = "greeter-1.0";
      system = "x86_64-linux";
      builder = "/bin/sh";
      args = [ "-euc" ''${command}'' ];
      ${more}
    } // { meta.mainProgram = "greeter"; };
  };
}`

/** Makes a package with one program. */
export const PROGRAM = "mkdir -p $out/bin; echo '#!/bin/sh' > $out/bin/greeter; chmod 755 $out/bin/greeter"

/** Pushes flakes to a real engine. */
export class FlakeWorld {
  readonly bench: NixBench
  readonly #agent: AgentCells
  #count = 0

  private constructor(bench: NixBench, agent: AgentCells) {
    this.bench = bench
    this.#agent = agent
  }

  /** `id` and `range` are those of an agent that nobody else has. */
  static async open(id: string, range: string): Promise<FlakeWorld> {
    const bench = await openNixBench()
    const world = new FlakeWorld(bench, await openAgentCells(id, range, bench.home.registries.caBundle))
    // Nix for the box comes from the machine's own mirror, which the cells of a test do not reach.
    await world.built({ 'flake.nix': flakeOf(PROGRAM) }, { caches: { urls: [], keys: [] } })
    return world
  }

  async push(files: Files, given: Given = {}) {
    const { home } = this.bench
    const { app = `flake-${process.pid}-${++this.#count}`, caches, env = {} } = given
    const engine = new NixEngine({
      places: home.at,
      buildGroup: home.group,
      registries: home.registries,
      cells: caches === undefined ? this.#agent.cells : new UnshareCells(home.registries.caBundle),
      enter: home.enter,
      ...(caches === undefined ? {} : { flakeCaches: caches }),
    })
    const source = given.source ?? this.bench.source(files)
    const planned = await planFolder(join(source, 'app'), {
      builder: 'test',
      config: { ...env, SKYPANEL_BUILDPACK: 'flake' },
      inventories: null,
      versions: 'open',
      now: Date.now(),
    })
    if (!planned.ok) throw new Error(`${planned.message} ${planned.hint}`)
    const done = await buildOnce(engine, source, planned.plan, { app, limits: LIMITS, env })
    return { ...done, said: done.lines.join('\n'), app, engine }
  }

  async built(files: Files, given: Given = {}) {
    const done = await this.push(files, given)
    if (!done.outcome.ok) throw new Error(`${done.outcome.message}\n${done.outcome.hint}\n${done.said}`)
    const { artifact } = done.outcome
    const [tool = ''] = artifact.tools
    const read = (path: string) => readFileSync(physical(this.bench.home.store, `${tool}/${path}`), 'utf8')
    return { ...done, artifact, tool, read }
  }

  async refused(files: Files, given: Given = {}) {
    const done = await this.push(files, given)
    if (done.outcome.ok) throw new Error(`It was built:\n${done.said}`)
    return { ...done, told: `${done.outcome.message} | ${done.outcome.hint}` }
  }

  async close(): Promise<void> {
    await this.#agent.close()
    await this.bench.close()
  }
}
