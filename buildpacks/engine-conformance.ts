import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import type { BuildEngine, BuildLimits, BuildOutcome, BuildProgress } from './engine.ts'
import type { FakeBuild } from './fake-engine.ts'
import type { BuildPlan } from './plan.ts'

/** An engine under test, and how it is told what an app's build does. */
export interface Subject {
  readonly engine: BuildEngine
  /** An empty folder for an app's source; the suite fills it. */
  folder(): string
  /** The plan that makes the engine behave as told. `.fake-build.json` is written by the suite. */
  plan(behaviour: FakeBuild): BuildPlan
  exists(path: string): boolean
  /** Names of processes, mounts and unfinished files that builds left. */
  leftovers(): Promise<string[]>
}

export const LIMITS: BuildLimits = { memoryMb: 1024, cpuMilli: 2000, pids: 400, diskMb: 512, seconds: 120 }

/** A plan whose only step runs commands over the whole source. */
export function planOf(
  commands: readonly string[],
  change: Partial<BuildPlan['steps'][number]> = {},
): BuildPlan {
  const step = {
    name: 'build',
    needs: [],
    inputs: { files: ['.'] },
    commands: [...commands],
    env: {},
    network: false,
    secrets: ['*'],
    caches: [],
    outputs: ['.'],
    ...change,
  }
  return {
    planVersion: 1,
    builder: 'conformance',
    source: { root: '.' },
    detected: [],
    tools: [],
    systemPackages: { build: [], run: [] },
    steps: [step],
    caches: {},
    release: {
      include: [{ step: 'build', paths: ['.'] }],
      env: { LANG: 'C.UTF-8' },
      static: null,
      processes: { web: { command: 'serve', from: 'Procfile' } },
      healthcheck: null,
    },
    notes: [],
  }
}

export function writeSource(folder: string, files: Readonly<Record<string, string>>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, 'app', path)), { recursive: true })
    writeFileSync(join(folder, 'app', path), text)
  }
  return folder
}

export interface Built {
  readonly outcome: BuildOutcome
  readonly lines: readonly string[]
  readonly events: readonly BuildProgress[]
}

let count = 0

export async function buildOnce(
  engine: Pick<BuildEngine, 'build'>,
  source: string,
  plan: BuildPlan,
  given: {
    build?: string
    app?: string
    env?: Record<string, string>
    limits?: Partial<BuildLimits>
    signal?: AbortSignal
    onLine?: (line: string) => void
  } = {},
): Promise<Built> {
  count += 1
  const events: BuildProgress[] = []
  const request = {
    build: given.build ?? `conformance-${process.pid}-${count}`,
    app: given.app ?? 'conformance',
    source,
    plan,
    env: given.env ?? {},
    limits: { ...LIMITS, ...given.limits },
  }
  const progress = (event: BuildProgress) => {
    events.push(event)
    if (event.type === 'line') given.onLine?.(event.text)
  }
  const outcome = await engine.build(request, progress, given.signal ?? new AbortController().signal)
  return { outcome, events, lines: events.flatMap((event) => (event.type === 'line' ? [event.text] : [])) }
}

/** What every build engine promises. `subject` is called when a test runs, after the file's own preparation. */
export function engineConformance(subject: () => Subject): void {
  const app = (behaviour: Partial<FakeBuild>, files: Readonly<Record<string, string>> = {}) => {
    const whole: FakeBuild = {
      lines: [],
      printEnv: [],
      seconds: 0,
      fail: null,
      processTypes: null,
      ...behaviour,
    }
    const source = writeSource(subject().folder(), { '.fake-build.json': JSON.stringify(whole), ...files })
    return { source, plan: subject().plan(whole) }
  }

  test('a build that succeeds tells its lines and leaves an artifact with the process types', async () => {
    const { source, plan } = app({ lines: ['compiling', 'linking'] }, { 'main.txt': 'success' })
    const { outcome, lines } = await buildOnce(subject().engine, source, plan)
    if (!outcome.ok) throw new Error(outcome.message)
    expect(lines).toContain('       compiling')
    expect(lines).toContain('       linking')
    expect(outcome.artifact.processTypes).toEqual({ web: 'serve' })
    expect(outcome.artifact.env['LANG']).toBe('C.UTF-8')
    expect(outcome.artifact.layers.every((layer) => subject().exists(`${layer}/app`))).toBe(true)
    expect(outcome.artifact.size).toBeGreaterThan(0)
  })

  test('the artifact has its root before the build is told to be done', async () => {
    const { source, plan } = app({}, { 'main.txt': 'rooted' })
    const { outcome } = await buildOnce(subject().engine, source, plan, { build: 'rooted-build' })
    expect(outcome.ok).toBe(true)
    expect(await subject().engine.rooted()).toContain('rooted-build')
  })

  test('a build that fails tells the last lines and roots nothing', async () => {
    const { source, plan } = app(
      { lines: ['almost'], fail: 'the compiler is on holiday' },
      { 'main.txt': 'fails' },
    )
    const { outcome, lines } = await buildOnce(subject().engine, source, plan, { build: 'failed-build' })
    expect(outcome).toMatchObject({
      ok: false,
      code: 'build_failed',
      message: expect.stringContaining('the compiler is on holiday'),
    })
    expect(lines).toContain('       the compiler is on holiday')
    expect(await subject().engine.rooted()).not.toContain('failed-build')
    expect(await subject().leftovers()).toEqual([])
  })

  test('a canceled build says so and leaves nothing', async () => {
    const { source, plan } = app({ lines: ['working'], seconds: 60 }, { 'main.txt': 'canceled' })
    const cancel = new AbortController()
    const onLine = (line: string) => {
      if (line.includes('working')) cancel.abort()
    }
    const { outcome } = await buildOnce(subject().engine, source, plan, {
      build: 'canceled-build',
      signal: cancel.signal,
      onLine,
    })
    expect(outcome).toMatchObject({ ok: false, code: 'build_canceled' })
    expect(await subject().engine.rooted()).not.toContain('canceled-build')
    expect(await subject().leftovers()).toEqual([])
  })

  test('a build that is canceled before it starts does not start', async () => {
    const { source, plan } = app({ lines: ['working'] }, { 'main.txt': 'never' })
    const { outcome, lines } = await buildOnce(subject().engine, source, plan, {
      signal: AbortSignal.abort(),
    })
    expect(outcome).toMatchObject({ ok: false, code: 'build_canceled' })
    expect(lines.join('\n')).not.toContain('working')
  })

  test('two builds of the same at the same time do the work once', async () => {
    const { source, plan } = app({ lines: ['once and only once'], seconds: 0.5 }, { 'main.txt': 'twice' })
    const both = await Promise.all([
      buildOnce(subject().engine, source, plan),
      buildOnce(subject().engine, source, plan),
    ])
    const layers = both.map(({ outcome }) => (outcome.ok ? outcome.artifact.layers : outcome.message))
    expect(layers[0]).toEqual(layers[1])
    expect(
      both.flatMap(({ lines }) => lines).filter((line) => line === '       once and only once'),
    ).toHaveLength(1)
  })

  test('when the one that does the work is canceled, the one that waits for it does it', async () => {
    const { source, plan } = app({ lines: ['begun'], seconds: 1 }, { 'main.txt': 'inherits' })
    const cancel = new AbortController()
    let second: Promise<Built> | null = null
    const onLine = (line: string) => {
      if (!line.includes('begun') || second !== null) return
      second = buildOnce(subject().engine, source, plan)
      setTimeout(() => cancel.abort(), 200)
    }
    const first = await buildOnce(subject().engine, source, plan, { signal: cancel.signal, onLine })
    expect(first.outcome).toMatchObject({ ok: false, code: 'build_canceled' })
    expect((await (second as Promise<Built> | null))?.outcome.ok).toBe(true)
  })

  test('an unchanged app is not built again', async () => {
    const { source, plan } = app({ lines: ['hard work'] }, { 'main.txt': 'unchanged' })
    const first = await buildOnce(subject().engine, source, plan)
    const again = await buildOnce(subject().engine, source, plan)
    if (!first.outcome.ok || !again.outcome.ok) throw new Error('both should have been built')
    expect(again.outcome.artifact).toEqual({ ...first.outcome.artifact, size: 0 })
    expect(again.lines.join('\n')).not.toContain('hard work')
    expect(again.events).toContainEqual(
      expect.objectContaining({ type: 'stage', name: 'build', state: 'cached' }),
    )
  })

  test('a changed file makes another artifact', async () => {
    const one = app({}, { 'main.txt': 'version 1' })
    const two = app({}, { 'main.txt': 'version 2' })
    const first = await buildOnce(subject().engine, one.source, one.plan)
    const second = await buildOnce(subject().engine, two.source, two.plan)
    if (!first.outcome.ok || !second.outcome.ok) throw new Error('both should have been built')
    expect(second.outcome.artifact.layers).not.toEqual(first.outcome.artifact.layers)
  })

  test('the value of a config var is blacked out in what the build tells', async () => {
    const { source, plan } = app({ printEnv: ['API_TOKEN'] }, { 'main.txt': 'tells' })
    const { outcome, lines } = await buildOnce(subject().engine, source, plan, {
      env: { API_TOKEN: 'correct-horse-battery' },
    })
    expect(outcome.ok).toBe(true)
    expect(lines.join('\n')).toContain('[API_TOKEN]')
    expect(lines.join('\n')).not.toContain('correct-horse-battery')
  })

  test('garbage collection deletes what has no root any more, and nothing else', async () => {
    const kept = app({}, { 'main.txt': 'kept' })
    const dropped = app({}, { 'main.txt': 'dropped' })
    const first = await buildOnce(subject().engine, kept.source, kept.plan, {
      build: 'kept-build',
      app: 'kept',
    })
    const second = await buildOnce(subject().engine, dropped.source, dropped.plan, {
      build: 'dropped-build',
      app: 'dropped',
    })
    if (!first.outcome.ok || !second.outcome.ok) throw new Error('both should have been built')
    await subject().engine.unroot('dropped-build')
    await subject().engine.forgetApp('dropped')
    expect(await subject().engine.rooted()).not.toContain('dropped-build')
    await subject().engine.collect(null)
    expect(second.outcome.artifact.layers.some((layer) => subject().exists(layer))).toBe(false)
    expect(first.outcome.artifact.layers.every((layer) => subject().exists(layer))).toBe(true)
    const again = await buildOnce(subject().engine, dropped.source, dropped.plan, { app: 'dropped' })
    expect(again.outcome.ok && again.outcome.artifact.layers.every((layer) => subject().exists(layer))).toBe(
      true,
    )
  })

  test('what nobody knows can be unrooted and forgotten', async () => {
    await subject().engine.unroot('no-such-build')
    await subject().engine.forgetApp('no-such-app')
    expect(await subject().engine.sweep()).toEqual([])
  })
}
