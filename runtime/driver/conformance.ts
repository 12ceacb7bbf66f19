import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { InstanceSpec } from '../../server/contract/nodes.ts'
import type { Driver, Handle, Placement } from './driver.ts'

/** How one driver is told to behave: the same stories, each in its own words. */
export interface Vocabulary {
  readonly runsForever: string
  readonly exits: (code: number, afterMs: number) => string
  readonly abortsItself: string
  readonly usesTooMuchMemory: string
  readonly stopsGracefully: (ms: number) => string
  readonly deaf: string
  readonly printsLines: (count: number) => string
  readonly printsVariables: (names: readonly string[]) => string
  readonly echoes: string
  /** `ROWS COLUMNS` of its terminal. */
  readonly printsWindow: string
}

export interface Stage {
  readonly words: Vocabulary
  readonly home: string
  /** A new agent on the same machine: the same folders, nothing in memory. */
  driver(): Driver
  readonly artifact: InstanceSpec['artifact']
  placement(index: number, folder: string): Placement
  /** Names of whatever an instance may leave behind on the machine. */
  traces(): string[]
}

export const HOSTILE = {
  NEWLINE: 'one\ntwo',
  QUOTES: `'"\`$(id)\${HOME}\\`,
  LD_PRELOAD: '/nonexistent.so',
  SYSTEMD_SECCOMP: '0',
  UNICODE: 'ü€😀',
  EMPTY: '',
} as const

export function specOf(stage: Stage, command: string, more: Partial<InstanceSpec> = {}): InstanceSpec {
  return InstanceSpec.parse({
    id: randomUUID(),
    app: '0198c0de-0000-7000-8000-000000000001',
    appName: 'sample',
    name: 'web.1',
    type: 'web',
    kind: 'service',
    release: 1,
    build: '0198c0de-0000-7000-8000-000000000002',
    artifact: stage.artifact,
    command,
    env: {},
    limits: { memoryMb: 128, cpuMilli: 1000, pids: 64, diskMb: 32 },
    health: null,
    grace: 5,
    routed: false,
    pty: null,
    attach: false,
    ...more,
  })
}

export interface Launched {
  readonly handle: Handle
  readonly folder: string
  readonly spec: InstanceSpec
}

/** Starts instances on a stage, each in a place of its own. */
export function launcher(stage: () => Stage) {
  let next = 0
  const output = (folder: string) => readFileSync(join(folder, 'log', 'out'), 'utf8')
  return {
    output,
    placement: (folder: string) => stage().placement(next++ % 200, folder),
    launch: async (driver: Driver, command: string, more: Partial<InstanceSpec> = {}): Promise<Launched> => {
      const spec = specOf(stage(), command, more)
      const folder = join(stage().home, 'instances', spec.id)
      mkdirSync(folder, { recursive: true })
      let before: Handle | null = null
      const placement = stage().placement(next++ % 200, folder)
      const handle = await driver.start(spec, placement, async (stored) => void (before = stored))
      expect(before).toEqual(handle)
      return { handle, folder, spec }
    },
    /** An instance that runs its own code: its first line is there. */
    running: async (folder: string): Promise<void> => {
      for (let round = 0; round < 400; round++, await sleep(25)) if (output(folder).includes('up\n')) return
      throw new Error(`did not come up: ${output(folder)}`)
    },
  }
}

/** Starts and stops that many instances, four at a time. */
export async function cycle(stage: Stage, driver: Driver, count: number): Promise<void> {
  const { launch, running } = launcher(() => stage)
  for (let round = 0; round < count / 4; round++) {
    const launched = await Promise.all(
      Array.from({ length: 4 }, () => launch(driver, stage.words.stopsGracefully(0))),
    )
    await Promise.all(
      launched.map(async ({ handle, folder }) => {
        await running(folder)
        await driver.terminate(handle)
        await driver.wait(handle)
        await driver.destroy(handle)
      }),
    )
  }
}

/** Every driver has to tell these stories the same way. */
export function conformance(stage: () => Stage): void {
  const { launch, running, output, placement } = launcher(stage)

  test('a command that ends is told with its status', async () => {
    const driver = stage().driver()
    const { handle } = await launch(driver, stage().words.exits(3, 50))
    expect(await driver.wait(handle)).toEqual({ code: 3, signal: null, oom: false })
    await driver.destroy(handle)
  })

  test('a command that ends by a signal of its own is told with the signal', async () => {
    const driver = stage().driver()
    const { handle } = await launch(driver, stage().words.abortsItself)
    expect(await driver.wait(handle)).toEqual({ code: null, signal: 'SIGABRT', oom: false })
    await driver.destroy(handle)
  })

  test('SIGTERM lets an instance end in its own time and keeps its status', async () => {
    const driver = stage().driver()
    const { handle, folder } = await launch(driver, stage().words.stopsGracefully(200))
    await running(folder)
    await driver.terminate(handle)
    expect(await driver.wait(handle)).toEqual({ code: 0, signal: null, oom: false })
    await driver.destroy(handle)
  })

  test('an instance that does not hear SIGTERM is ended by a kill', async () => {
    const driver = stage().driver()
    const { handle, folder } = await launch(driver, stage().words.deaf)
    await running(folder)
    await driver.terminate(handle)
    await sleep(200)
    await driver.kill(handle)
    expect(await driver.wait(handle)).toEqual({ code: null, signal: 'SIGKILL', oom: false })
    await driver.destroy(handle)
  })

  test('an instance that is killed while it still starts leaves nothing', async () => {
    const driver = stage().driver()
    for (const delay of [0, 5, 20, 60, 120]) {
      const { handle } = await launch(driver, stage().words.runsForever)
      await sleep(delay)
      await driver.kill(handle)
      const end = await driver.wait(handle)
      expect(end.code).toBeNull()
      await driver.destroy(handle)
    }
    expect(stage().traces()).toEqual([])
  })

  test('too much memory is told from a plain kill', async () => {
    const driver = stage().driver()
    const { handle } = await launch(driver, stage().words.usesTooMuchMemory)
    expect(await driver.wait(handle)).toMatchObject({ oom: true })
    expect((await driver.stats(handle))?.oomKills).toBeGreaterThan(0)
    await driver.destroy(handle)
  })

  test('every line of a burst reaches the log', async () => {
    const driver = stage().driver()
    const { handle, folder } = await launch(driver, stage().words.printsLines(100_000))
    await driver.wait(handle)
    const lines = output(folder).trimEnd().split('\n')
    expect(lines.length).toBe(100_000)
    expect(lines.at(-1)).toBe('line 100000')
    await driver.destroy(handle)
  })

  test('variables arrive as they are, and configure nothing but the app', async () => {
    const driver = stage().driver()
    const { handle, folder } = await launch(driver, stage().words.printsVariables(Object.keys(HOSTILE)), {
      env: HOSTILE,
    })
    await driver.wait(handle)
    expect(
      output(folder)
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(Object.values(HOSTILE))
    await driver.destroy(handle)
  })

  test('a new agent finds a running instance again, stops it and learns its status', async () => {
    const { handle, folder } = await launch(stage().driver(), stage().words.stopsGracefully(50))
    await running(folder)
    const successor = stage().driver()
    const adopted = await successor.adopt(handle)
    expect(adopted).not.toBeNull()
    if (adopted === null) return
    expect(await successor.stats(adopted)).not.toBeNull()
    await successor.terminate(adopted)
    expect(await successor.wait(adopted)).toEqual({ code: 0, signal: null, oom: false })
    await successor.destroy(adopted)
  })

  test('a new agent learns how an instance ended that ended while there was no agent', async () => {
    const first = stage().driver()
    const { handle } = await launch(first, stage().words.exits(7, 50))
    await first.wait(handle)
    const successor = stage().driver()
    const adopted = await successor.adopt(handle)
    expect(adopted).not.toBeNull()
    if (adopted !== null) expect(await successor.wait(adopted)).toEqual({ code: 7, signal: null, oom: false })
    await successor.destroy(handle)
  })

  test('an instance whose start was interrupted before its process is found to be lost', async () => {
    const driver = stage().driver()
    const spec = specOf(stage(), stage().words.runsForever)
    const folder = join(stage().home, 'instances', spec.id)
    mkdirSync(folder, { recursive: true })
    let stored: Handle | null = null
    const interrupted = driver.start(spec, placement(folder), async (handle) => {
      stored = handle
      throw new Error('interrupted')
    })
    await expect(interrupted).rejects.toThrow('interrupted')
    const successor = stage().driver()
    if (stored !== null) {
      expect(await successor.adopt(stored)).toBeNull()
      await successor.destroy(stored)
    }
    expect(stage().traces()).toEqual([])
  })

  test('what is typed into an attached run reaches it, and its answer comes back', async () => {
    const driver = stage().driver()
    const { handle } = await launch(driver, stage().words.echoes, { attach: true, kind: 'run' })
    const line = await driver.attach(handle)
    let heard = ''
    const closed = new Promise<void>((resolve) => line.onClose(resolve))
    line.onOutput((_, data) => (heard += data.toString()))
    line.write(Buffer.from('hello\n'))
    for (let round = 0; round < 400 && !heard.includes('hello'); round++) await sleep(25)
    expect(heard).toContain('hello')
    line.end()
    await closed
    await driver.wait(handle)
    await driver.destroy(handle)
  })

  test('twenty starts and stops leave nothing behind', async () => {
    const driver = stage().driver()
    await cycle(stage(), driver, 20)
    expect(stage().traces()).toEqual([])
    expect(await driver.orphans(new Set())).toEqual([])
  })
}
