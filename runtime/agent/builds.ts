import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { z } from 'zod'
import type { BuildEngine, BuildOutcome } from '../../buildpacks/engine.ts'
import { BuildPlan } from '../../buildpacks/plan.ts'
import { type agentVerbs, Artifact } from '../../server/contract/nodes.ts'
import { AgentError } from './agent-error.ts'
import { type BuildEvents, type NewBuildEvent, openBuildEvents } from './build-events.ts'
import { limitConcurrency } from './limit-concurrency.ts'

export type BuildOrder = z.infer<typeof agentVerbs.build.request>

export interface BuildsOptions {
  readonly engine: BuildEngine
  /** `<home>/builds`. */
  readonly folder: string
  readonly concurrent: number
  /** Ends whatever still runs of a build that was told to end. */
  killCells(build: string): Promise<void>
  warn(message: string, error?: unknown): void
}

export interface Builds {
  /** Begins it, or finds it again; its events are then followed. */
  order(order: BuildOrder): BuildEvents
  cancel(build: string): Promise<boolean>
  forget(build: string): void
  running(): string[]
}

interface Job {
  readonly events: BuildEvents
  readonly abort: AbortController
  readonly done: Promise<void>
}

/** How long an engine has to end a build by itself. */
const CANCEL_MS = 1500

export function createBuilds(options: BuildsOptions): Builds {
  const { engine, folder } = options
  const jobs = new Map<string, Job>()
  const turn = limitConcurrency(options.concurrent)

  function order(request: BuildOrder): BuildEvents {
    const running = jobs.get(request.build)
    if (running !== undefined) return running.events
    const plan = BuildPlan.safeParse(request.plan)
    if (!plan.success)
      throw new AgentError(
        'bad_request',
        `The build plan is not of a version that this agent knows: ${plan.error.issues[0]?.message ?? ''}`,
      )
    const own = join(folder, request.build)
    mkdirSync(own, { recursive: true, mode: 0o711 })
    const events = openBuildEvents(join(own, 'events.ndjson'))
    if (events.ended) return events
    if (!existsSync(join(own, 'source', 'app')))
      throw new AgentError(
        'unknown_build',
        `${join(own, 'source', 'app')} is not there; the source has to be exported before the build is ordered.`,
      )
    // An agent that was killed took its build along; what it had finished is in the engine's cache.
    if (events.count > 0)
      events.add({ type: 'line', text: '       The build was interrupted; going on from what is done' })
    const abort = new AbortController()
    const ahead = jobs.size - options.concurrent + 1
    if (ahead > 0)
      events.add({
        type: 'line',
        text: `       Waiting for ${ahead === 1 ? 'another build' : `${ahead} other builds`} to end`,
      })
    const done = turn(() => build(request, plan.data, events, abort)).finally(() =>
      jobs.delete(request.build),
    )
    jobs.set(request.build, { events, abort, done })
    return events
  }

  async function build(
    request: BuildOrder,
    plan: BuildPlan,
    events: BuildEvents,
    abort: AbortController,
  ): Promise<void> {
    const startedAt = performance.now()
    const { seconds } = request.limits
    const late = setTimeout(
      () =>
        void stop(request.build, abort, 'timeout').catch((error: unknown) =>
          options.warn('Cannot end a build', error),
        ),
      seconds * 1000,
    )
    try {
      if (abort.signal.aborted) return events.add(canceled())
      const outcome = await engine.build(
        {
          build: request.build,
          app: request.app,
          ...(request.branch === undefined ? {} : { branch: request.branch }),
          source: join(folder, request.build, 'source'),
          plan,
          env: request.env,
          limits: request.limits,
        },
        (event) => events.add(event),
        abort.signal,
      )
      events.add(
        toEvent(outcome, performance.now() - startedAt, abort.signal.reason === 'timeout' ? seconds : null),
      )
    } catch (error) {
      options.warn(`Build ${request.build} failed for a reason of ours`, error)
      events.add({
        type: 'failed',
        code: 'internal_error',
        message: error instanceof Error ? error.message : String(error),
        hint: 'This is a fault of the platform; push again, and look into the log of the agent if it comes back.',
      })
    } finally {
      clearTimeout(late)
    }
  }

  async function stop(id: string, abort: AbortController, reason: 'timeout' | 'canceled'): Promise<void> {
    abort.abort(reason)
    const job = jobs.get(id)
    if (job === undefined) return
    await Promise.race([job.done, sleep(CANCEL_MS)])
    if (jobs.has(id)) await options.killCells(id)
  }

  return {
    order,
    running: () => [...jobs.keys()],
    async cancel(id) {
      const job = jobs.get(id)
      if (job === undefined) return false
      await stop(id, job.abort, 'canceled')
      await job.done
      return true
    },
    forget(id) {
      if (jobs.has(id)) throw new AgentError('bad_request', `Build ${id} is running; cancel it first.`)
      rmSync(join(folder, id), { recursive: true, force: true })
    },
  }
}

function canceled(): NewBuildEvent {
  return { type: 'failed', code: 'build_canceled', message: 'The build was canceled', hint: null }
}

/** The engine's outcome as the event that ends a build. `timeout`: the seconds that it had, if they ended it. */
export function toEvent(outcome: BuildOutcome, ms: number, timeout: number | null): NewBuildEvent {
  if (outcome.ok) return { type: 'succeeded', artifact: Artifact.parse(outcome.artifact), ms: Math.round(ms) }
  if (timeout !== null)
    return {
      type: 'failed',
      code: 'build_failed',
      message: `The build took longer than ${timeout} s and was ended`,
      hint: 'Look at its last lines for what it waited for; raise the limit if it needs more time.',
    }
  return { type: 'failed', code: outcome.code, message: outcome.message, hint: outcome.hint }
}
