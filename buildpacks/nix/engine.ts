import type { BuildCache, BuildEngine, BuildOutcome, BuildProgress, BuildRequest } from '../engine.ts'
import { forgetMemory, rememberPurge } from './app-memory.ts'
import { BUILD_ROOTS, CACHE_ROOTS, runBuild } from './build.ts'
import { BuildJob, type CheckResult } from './build-job.ts'
import { canReach, collectGarbage, shareFiles, sweepStore } from './collect.ts'
import { freeMb, RESERVE_MB } from './disk.ts'
import { BuildStopped, canceled } from './failure.ts'
import { removeRoots, rootNames } from './store.ts'
import { type EngineOptions, openWorkshop, type Workshop } from './workshop.ts'

/** Builds with Nix: every step of a plan is a derivation, run in a box over the stack, in a cell. */
export class NixEngine implements BuildEngine {
  readonly name = 'nix'
  readonly #options: EngineOptions
  #opening: Promise<Workshop | null> | null = null
  #tidying: Promise<void> | null = null

  constructor(options: EngineOptions) {
    this.#options = options
  }

  /** Opened at first use, and again as long as set-up has not made the stacks. */
  async #open(): Promise<Workshop | null> {
    this.#opening ??= openWorkshop(this.#options)
    try {
      const workshop = await this.#opening
      if (workshop === null) this.#opening = null
      return workshop
    } catch (error) {
      this.#opening = null
      throw error
    }
  }

  async #workshop(): Promise<Workshop> {
    const workshop = await this.#open()
    if (workshop === null)
      throw new Error('The stacks are not made yet. Wait until "npm start" has finished, or run it again.')
    return workshop
  }

  async fingerprint(): Promise<{ ok: boolean; detail: string; stack: string | null }> {
    try {
      const workshop = await this.#open()
      if (workshop === null) return { ok: false, detail: 'the stacks are not made yet', stack: null }
      const trouble = await canReach(workshop)
      const { name } = workshop.stacks.run
      return trouble === null
        ? { ok: true, detail: workshop.store.nix.version, stack: name }
        : { ok: false, detail: `the store lacks a stack: ${trouble}`, stack: name }
    } catch (error) {
      return { ok: false, detail: error instanceof Error ? error.message : String(error), stack: null }
    }
  }

  async build(
    request: BuildRequest,
    progress: (event: BuildProgress) => void,
    signal: AbortSignal,
  ): Promise<BuildOutcome> {
    return (await this.#build(request, progress, signal, false)).outcome
  }

  /** Builds, then runs every step without network once more and tells by step whether it gave the same bytes. */
  async buildTwice(
    request: BuildRequest,
    progress: (event: BuildProgress) => void,
    signal: AbortSignal,
  ): Promise<{ outcome: BuildOutcome; checks: ReadonlyMap<string, CheckResult> }> {
    return this.#build(request, progress, signal, true)
  }

  async #build(
    request: BuildRequest,
    progress: (event: BuildProgress) => void,
    signal: AbortSignal,
    twice: boolean,
  ): Promise<{ outcome: BuildOutcome; checks: ReadonlyMap<string, CheckResult> }> {
    let job: BuildJob | null = null
    const failed = (outcome: BuildOutcome) => ({ outcome, checks: new Map() })
    try {
      const workshop = await this.#workshop()
      const free = await freeMb(workshop.store.root)
      if (free < RESERVE_MB) {
        throw new BuildStopped(
          'disk_full',
          `Only ${free} MB of disk are free, and a build needs at least ${RESERVE_MB} MB`,
          'Free space on the machine, or remove old releases.',
        )
      }
      const mine = new BuildJob(workshop, request, signal, twice)
      job = mine
      const outcome = await workshop.gate.share(() => runBuild(mine, progress))
      return { outcome, checks: mine.checks ?? new Map() }
    } catch (error) {
      if (signal.aborted) return failed(canceled().outcome)
      if (error instanceof BuildStopped) return failed(error.outcome)
      const message = error instanceof Error ? error.message : String(error)
      return failed({
        ok: false,
        code: 'internal_error',
        message: job === null ? message : job.redact(message),
        hint: 'Push again; if it stays, run "npm run doctor".',
      })
    } finally {
      await job?.close()
    }
  }

  async rooted(): Promise<string[]> {
    return rootNames((await this.#workshop()).store, BUILD_ROOTS)
  }

  async unroot(build: string): Promise<void> {
    await removeRoots((await this.#workshop()).store, BUILD_ROOTS, build)
  }

  async collect(budgetMb: number | null): Promise<number> {
    const workshop = await this.#workshop()
    return workshop.gate.alone(() => collectGarbage(workshop, budgetMb))
  }

  async tidy(): Promise<void> {
    this.#tidying ??= this.#workshop()
      .then(shareFiles)
      .finally(() => (this.#tidying = null))
    await this.#tidying
  }

  async caches(app: string): Promise<BuildCache[]> {
    return (await this.#workshop()).caches.sizes(app)
  }

  async purgeCaches(app: string): Promise<number> {
    const { places, caches } = await this.#workshop()
    await rememberPurge(places.agentState, app)
    return caches.purge(app)
  }

  async forgetApp(app: string): Promise<void> {
    const workshop = await this.#workshop()
    await removeRoots(workshop.store, CACHE_ROOTS, app)
    await forgetMemory(workshop.places.agentState, app)
    await workshop.caches.purge(app)
  }

  async sweep(): Promise<string[]> {
    const workshop = await this.#open()
    return workshop === null ? [] : workshop.gate.alone(() => sweepStore(workshop))
  }
}
