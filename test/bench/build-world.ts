import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BuiltArtifact } from '../../buildpacks/engine.ts'
import { buildOnce } from '../../buildpacks/engine-conformance.ts'
import { createInventories } from '../../buildpacks/inventory/inventories.ts'
import { NixEngine } from '../../buildpacks/nix/engine.ts'
import { physical } from '../../buildpacks/nix/store.ts'
import { UnshareCells } from '../../buildpacks/nix/unshare-cells.ts'
import type { BuildPlan } from '../../buildpacks/plan.ts'
import { planFolder } from '../../buildpacks/plan-folder.ts'
import { type NixHome, openNixHome } from '../support/nix-home.ts'
import { type CpuGroup, enterCpuGroup } from './cpu-group.ts'

const LIMITS = { memoryMb: 3072, cpuMilli: 2000, pids: 4000, diskMb: 8192, seconds: 900 }

/** Wall ms and seconds of CPU time of one piece of work, whatever processes it started. */
export interface Cost {
  readonly ms: number
  readonly cpu: number
}

/** A store, an engine over it, and folders for what is built. */
export class BuildWorld {
  readonly home: NixHome
  readonly engine: NixEngine
  readonly scratch: string
  readonly #cpu: CpuGroup
  #count = 0

  private constructor(home: NixHome, scratch: string, cpu: CpuGroup) {
    this.home = home
    this.scratch = scratch
    this.#cpu = cpu
    this.engine = new NixEngine({
      places: home.at,
      buildGroup: home.group,
      registries: home.registries,
      cells: new UnshareCells(home.registries.caBundle),
      enter: home.enter,
    })
  }

  static async open(): Promise<BuildWorld> {
    const home = await openNixHome()
    const world = new BuildWorld(home, mkdtempSync(join(tmpdir(), 'skypanel-builds-')), enterCpuGroup())
    await world.engine.sweep()
    return world
  }

  async cost<T>(work: () => Promise<T>): Promise<Cost & { value: T }> {
    const cpu = this.#cpu.seconds()
    const begun = performance.now()
    const value = await work()
    return { ms: performance.now() - begun, cpu: this.#cpu.seconds() - cpu, value }
  }

  /** A copy of an app that may be changed, without what only our tests read. */
  copy(folder: string, without = /\/(?:(?:expect|serve|config)\.json|pnpm-lock\.yaml)$/): string {
    const source = mkdtempSync(join(this.scratch, 'source-'))
    mkdirSync(join(source, 'app'))
    cpSync(folder, join(source, 'app'), {
      recursive: true,
      filter: (path) => !without.test(path),
    })
    return source
  }

  /** A folder that does not exist yet. */
  folder(name: string): string {
    const folder = join(this.scratch, `${name}-${++this.#count}`)
    mkdirSync(folder)
    return folder
  }

  async #plan(source: string): Promise<BuildPlan> {
    const planned = await planFolder(join(source, 'app'), {
      builder: 'bench',
      inventories: createInventories(this.home.registries, join(this.scratch, 'inventory'), process.arch),
      versions: 'exact',
      now: Date.now(),
    })
    if (!planned.ok) throw new Error(planned.message)
    return planned.plan
  }

  #id(): string {
    return `bench-${process.pid}-${++this.#count}`
  }

  /** Planned and built as a push would do it; `source` holds the app in `app`. */
  async push(app: string, source: string): Promise<BuiltArtifact> {
    const { outcome, lines } = await buildOnce(this.engine, source, await this.#plan(source), {
      app,
      build: this.#id(),
      limits: LIMITS,
    })
    if (!outcome.ok) throw new Error(`${outcome.message}\n${lines.slice(-40).join('\n')}`)
    return outcome.artifact
  }

  /** Bytes on disk of folders or files; a file with several names counts once. */
  async bytes(...paths: readonly string[]): Promise<number> {
    const there = paths.filter((path) => existsSync(path))
    if (there.length === 0) return 0
    return new Promise((resolve, reject) => {
      execFile('du', ['-sk', '--total', ...there], (error, stdout) => {
        const total = /^(\d+)\ttotal$/m.exec(stdout)?.[1]
        if (total === undefined) reject(new Error(`du failed: ${error?.message ?? stdout}`))
        else resolve(Number(total) * 1024)
      })
    })
  }

  physical(path: string): string {
    return physical(this.home.store, path)
  }

  async close(): Promise<void> {
    for (const build of await this.engine.rooted()) await this.engine.unroot(build)
    this.#cpu.close()
    for (const name of readdirSync(this.scratch))
      rmSync(join(this.scratch, name), { recursive: true, force: true })
    rmSync(this.scratch, { recursive: true, force: true })
    await this.home.close()
  }
}
