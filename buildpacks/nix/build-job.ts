import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolders, type CacheWish } from './app-caches.ts'
import type { BuildProgress, BuildRequest, Cell } from '../engine.ts'
import { openToAll, usedMb } from './disk.ts'
import { BuildStopped, canceled, explainEnd } from './failure.ts'
import { nulSeparated, networkEnvironment } from './net-env.ts'
import { outputPathOf } from './output-path.ts'
import { runStage, type StageEnd, type StageRun, type Work } from './run-stage.ts'
import { redactor } from './secrets.ts'
import { differingFiles, firstDifference } from './source.ts'
import { GivenUp } from './single-flight.ts'
import type { StageRecord } from './stage-records.ts'
import { closureOf, physical } from './store.ts'
import { commandLine, indented } from './talk.ts'
import type { Workshop } from './workshop.ts'

const TAIL_LINES = 200

/** What is asked of one derivation. */
export type Task = Work & TaskOptions

interface TaskOptions {
  readonly key: string
  readonly name: string
  readonly commands: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Empty: no cache is shown. */
  readonly caches: readonly CacheWish[]
  /** It has no network: run again, it should give the same. */
  readonly offline?: boolean
}

/** What came of running a step again. */
export interface CheckResult {
  readonly same: boolean
  /** Files that differ, relative to the output. */
  readonly files: readonly string[]
  /** Where the first of them begins to differ; null where it is only there once. */
  readonly sample: string | null
  /** What the second run took. */
  readonly ms: number
}

export type Tell = (event: BuildProgress) => void
export type Attempt =
  | { readonly record: StageRecord; readonly fresh: boolean }
  | { readonly end: Exclude<StageEnd, { ok: true }>; readonly tail: readonly string[] }

const workOf = (work: Work): Work =>
  'expression' in work
    ? { expression: work.expression, spec: work.spec }
    : { derivation: work.derivation, options: work.options }

/** One build: its cell, its time, its secrets and its way to cancel. */
export class BuildJob {
  readonly workshop: Workshop
  readonly request: BuildRequest
  readonly stop = new AbortController()
  /** By step, where this job runs offline steps again to see whether they give the same; null: it does not. */
  readonly checks: Map<string, CheckResult> | null
  readonly redact: (line: string) => string
  readonly #deadline: number
  #cell: Promise<Cell> | null = null
  readonly #found = new Map<string, Promise<number>>()

  constructor(workshop: Workshop, request: BuildRequest, signal: AbortSignal, checks = false) {
    this.checks = checks ? new Map() : null
    this.workshop = workshop
    this.request = request
    this.#deadline = performance.now() + request.limits.seconds * 1000
    this.redact = redactor(request.env)
    if (signal.aborted) this.stop.abort()
    signal.addEventListener('abort', () => this.stop.abort(), { once: true })
  }

  get provider(): string {
    return this.request.plan.detected.find((one) => one.role === 'main')?.provider ?? ''
  }

  cell(): Promise<Cell> {
    this.#cell ??= this.workshop.cells.open(this.request.build, this.request.limits)
    return this.#cell
  }

  /** Monotonic ms at which the build's time is up. */
  get deadline(): number {
    return this.#deadline
  }

  /** Runs an offline task again and compares. Only in a job that checks. */
  async #check(task: Task, record: StageRecord): Promise<void> {
    const { checks } = this
    if (checks === null || task.offline !== true) return
    const begun = performance.now()
    const compared = await this.#compare(task, record)
    checks.set(task.name, { ...compared, ms: Math.round(performance.now() - begun) })
  }

  async #compare(task: Task, record: StageRecord): Promise<Omit<CheckResult, 'ms'>> {
    const { store } = this.workshop
    const silent = () => undefined
    const end = await this.#runOpen(await this.#stageRun(task, silent, silent, true))
    const other = `${record.path}.check`
    try {
      if (end.ok) return { same: true, files: [], sample: null }
      if ('text' in end && /may not be deterministic/.test(end.text)) {
        const [one, two] = [physical(store, record.path), physical(store, other)]
        const files = differingFiles(one, two)
        const [first] = files
        const sample = first === undefined ? null : firstDifference(join(one, first), join(two, first))
        return { same: false, files, sample }
      }
      throw this.failure({ end: this.#redactEnd(end), tail: [] }, task.name)
    } finally {
      await rm(physical(store, other), { recursive: true, force: true })
    }
  }

  /** The record of a key, or what a run of the task leads to. Only the caller that runs it hears its output. */
  async attempt(task: Task, tell: Tell): Promise<Attempt> {
    const done = await this.#attempt(task, tell)
    if ('record' in done) await this.#check(task, done.record)
    return done
  }

  async #attempt(task: Task, tell: Tell): Promise<Attempt> {
    const known = await this.workshop.records.find(task.key)
    if (known !== null) return { record: known, fresh: false }
    let failed: Extract<Attempt, { end: unknown }> | null = null
    try {
      const record = await this.workshop.flight.run(task.key, this.stop.signal, async () => {
        const done = await this.#run(task, tell)
        if ('record' in done) return done.record
        failed = done
        // Another build that waits for this very stage has to find out for itself, with its own limits.
        throw new GivenUp('the stage failed')
      })
      return { record, fresh: true }
    } catch (error) {
      if (failed !== null) return failed
      if (this.stop.signal.aborted) throw canceled()
      throw error
    }
  }

  async #run(task: Task, tell: Tell): Promise<Attempt> {
    const { records, caches } = this.workshop
    const tail: string[] = []
    const onLine = (line: string) => {
      const text = this.redact(line)
      tail.push(text)
      if (tail.length > TAIL_LINES) tail.shift()
      tell({ type: 'line', text: indented(text) })
    }
    const fetched = await this.#fromRemote(task)
    if (fetched !== null) {
      await records.keep(task.key, fetched)
      return { record: fetched, fresh: true }
    }
    const stage = await this.#stageRun(task, onLine, tell)
    const end = await this.#runOpen(stage)
    if (!end.ok && end.reason === 'disk' && stage.cache !== null) await caches.purge(this.request.app)
    if (!end.ok) return { end: this.#redactEnd(end), tail }
    const record = await this.#recordOf(end.outputs)
    await records.keep(task.key, record)
    return { record, fresh: true }
  }

  /** Runs a stage. The next one may run as another user, who has to read and write what this one left in its caches. */
  async #runOpen(stage: StageRun): Promise<StageEnd> {
    const end = await runStage(stage)
    const { cache } = stage
    if (cache !== null) await openToAll(cacheFolders(cache))
    return end
  }

  async #stageRun(task: Task, onLine: StageRun['onLine'], tell: Tell, again = false): Promise<StageRun> {
    const { store, registries, caches } = this.workshop
    const { app, branch, limits } = this.request
    const cell = await this.cell()
    const cache = task.caches.length === 0 ? null : await caches.open(app, task.caches, branch ?? null)
    return {
      store,
      cell,
      limits,
      ...workOf(task),
      env: task.env,
      network: nulSeparated({ ...networkEnvironment(registries), ...(await this.#flakeNetwork(task)) }),
      cache,
      cacheMb: cache === null ? Promise.resolve(0) : this.#foundIn(cacheFolders(cache)),
      deadline: this.#deadline,
      signal: this.stop.signal,
      again,
      shares: task.offline === true,
      onLine,
      onCommand: (index) => {
        const command = task.commands[index]
        if (command !== undefined) tell({ type: 'line', text: this.redact(commandLine(command)) })
      },
    }
  }

  /** MB that caches held when this build first opened them. To count them is to walk through all that is in there. */
  #foundIn(folders: readonly string[]): Promise<number> {
    const key = folders.join('\0')
    const found = this.#found.get(key) ?? usedMb(folders)
    this.#found.set(key, found)
    return found
  }

  /** Steps with network of an app with a flake need the caches that its inputs come from. */
  async #flakeNetwork(task: Task): Promise<Record<string, string>> {
    const { flake } = this.request.plan
    if (flake === undefined || task.offline !== false) return {}
    return this.workshop.flakeCaches.environment(flake.inputs)
  }

  #redactEnd<End extends Exclude<StageEnd, { ok: true }>>(end: End): End {
    if ('text' in end) return { ...end, text: this.redact(end.text) }
    return 'file' in end ? { ...end, file: this.redact(end.file) } : end
  }

  /** Null: the stage has to be run. Only steps are asked for; toolchains come from where they are published. */
  async #fromRemote(task: Task): Promise<StageRecord | null> {
    const { remote, store } = this.workshop
    if (remote === null || !('expression' in task) || task.expression !== 'stage.nix') return null
    const out = await outputPathOf(store, task.expression, task.spec)
    if (out === null || !(await remote.pull(out, this.stop.signal))) return null
    return this.#recordOf({ out })
  }

  async #recordOf(outputs: Readonly<Record<string, string>>): Promise<StageRecord> {
    const { out, ...others } = outputs
    if (out === undefined)
      throw new BuildStopped('internal_error', 'Nix named no output', 'Push again; if it stays, report it.')
    const { store } = this.workshop
    const also: NonNullable<StageRecord['also']> = {}
    for (const [name, path] of Object.entries(others))
      also[name] = { path, closure: (await closureOf(store, path)).closure }
    return {
      path: out,
      ...(await closureOf(store, out)),
      complete: existsSync(join(physical(store, out), 'complete')),
      also,
    }
  }

  failure(attempt: Extract<Attempt, { end: unknown }>, name: string): BuildStopped {
    return explainEnd(attempt.end, name, this.provider, attempt.tail, this.request.limits)
  }

  async close(): Promise<void> {
    this.stop.abort()
    const cell = await this.#cell?.catch(() => null)
    await cell?.close()
  }
}
