import { existsSync } from 'node:fs'
import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { z } from 'zod'
import type { InstanceSpec } from '../../server/contract/nodes.ts'
import { APP_PORT } from '../installation.ts'
import type { Driver, Handle, Placement } from './driver.ts'
import { fakeEnd, parseFakeCommand } from './fake-behaviour.ts'
import { fakeExecution, fakeLine } from './fake-line.ts'

const State = z.object({ version: z.literal(1), folder: z.string(), address: z.string() })
const Life = z.object({
  command: z.string(),
  app: z.string(),
  name: z.string(),
  release: z.number(),
  port: z.number(),
  startedAt: z.number(),
  terminatedAt: z.number().nullable(),
  killedAt: z.number().nullable(),
})
type Life = z.infer<typeof Life>

/**
 * A driver without processes that obeys its command (see `fake-behaviour.ts`) and passes the same suite as the others.
 * What it runs lives in files, so an agent that is killed finds it again; what listens is in the agent itself.
 */
export function createFakeDriver(now: () => number = Date.now): Driver {
  const servers = new Map<string, Server>()
  const timers = new Map<string, NodeJS.Timeout>()
  /** Wakes those who wait when a life changes. */
  const changed = new Map<string, Set<() => void>>()
  const live = new Set<string>()
  /** Their handles are known, and what they run is not written yet. */
  const starting = new Map<string, Promise<Handle>>()

  const place = (handle: Handle) => State.parse(handle.state)
  const lifePath = (handle: Handle) => join(place(handle).folder, 'fake.json')

  async function load(handle: Handle): Promise<Life | null> {
    const text = await readFile(lifePath(handle), 'utf8').catch(() => null)
    return text === null ? null : Life.parse(JSON.parse(text))
  }

  async function save(handle: Handle, life: Life): Promise<void> {
    const draft = `${lifePath(handle)}.new`
    await writeFile(draft, JSON.stringify(life))
    await rename(draft, lifePath(handle))
    for (const wake of changed.get(handle.id) ?? []) wake()
  }

  function sleepUntilChange(id: string, ms: number | null): Promise<void> {
    return new Promise((resolve) => {
      const wakes = changed.get(id) ?? new Set()
      changed.set(id, wakes)
      const done = () => {
        wakes.delete(done)
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(done, Math.min(ms ?? 60_000, 60_000))
      wakes.add(done)
    })
  }

  function listen(handle: Handle, life: Life): void {
    const behaviour = parseFakeCommand(life.command)
    const end = fakeEnd(behaviour, life)
    if (behaviour.readyAfter === null || (end !== null && end.at <= now())) return
    const timer = setTimeout(
      () => {
        const server = createServer((_, response) => {
          const age = now() - life.startedAt
          const { sick } = behaviour
          response.statusCode = sick !== null && age >= sick.from && age < sick.until ? 503 : 200
          response.setHeader('content-type', 'application/json')
          response.end(
            `${JSON.stringify({ app: life.app, name: life.name, release: life.release, instance: handle.id })}\n`,
          )
        })
        // A port that is taken shows as an instance that never becomes ready.
        server.on('error', () => server.close())
        server.listen(life.port, place(handle).address)
        servers.set(handle.id, server)
      },
      Math.max(0, life.startedAt + behaviour.readyAfter - now()),
    )
    timers.set(handle.id, timer)
  }

  function fallSilent(id: string): void {
    clearTimeout(timers.get(id))
    const server = servers.get(id)
    server?.closeAllConnections()
    server?.close()
    servers.delete(id)
  }

  async function print(spec: InstanceSpec, folder: string): Promise<void> {
    const behaviour = parseFakeCommand(spec.command)
    const variables = behaviour.printEnv.map((name) => JSON.stringify(spec.env[name] ?? null))
    const numbered = Array.from({ length: behaviour.lines }, (_, index) => `line ${index + 1}`)
    const lines = [...behaviour.prints, ...variables, ...numbered]
    await mkdir(join(folder, 'log'), { recursive: true })
    await appendFile(join(folder, 'log', 'out'), lines.map((line) => `${line}\n`).join(''))
    await appendFile(join(folder, 'log', 'err'), '')
  }

  async function start(
    spec: InstanceSpec,
    placement: Placement,
    stored: (handle: Handle) => Promise<void>,
  ): Promise<Handle> {
    const handle: Handle = {
      id: spec.id,
      driver: 'fake',
      state: { version: 1, folder: placement.folder, address: placement.address },
    }
    parseFakeCommand(spec.command)
    await mkdir(placement.folder, { recursive: true })
    await stored(handle)
    await print(spec, placement.folder)
    const life: Life = {
      command: spec.command,
      app: spec.appName,
      name: spec.name,
      release: spec.release,
      port: spec.health?.port ?? APP_PORT,
      startedAt: now(),
      terminatedAt: null,
      killedAt: null,
    }
    await save(handle, life)
    live.add(spec.id)
    listen(handle, life)
    return handle
  }

  async function wait(handle: Handle) {
    for (;;) {
      const life = await load(handle)
      if (life === null) return { code: null, signal: null, oom: false }
      const end = fakeEnd(parseFakeCommand(life.command), life)
      if (end !== null && end.at <= now()) {
        fallSilent(handle.id)
        return { code: end.code, signal: end.signal, oom: end.oom }
      }
      await sleepUntilChange(handle.id, end === null ? null : end.at - now())
    }
  }

  async function mark(handle: Handle, change: (life: Life) => Life): Promise<void> {
    const life = await load(handle)
    if (life !== null) await save(handle, change(life))
  }

  return {
    name: 'fake',
    start(spec, placement, stored) {
      const begun = start(spec, placement, stored).finally(() => starting.delete(spec.id))
      starting.set(spec.id, begun)
      return begun
    },
    wait,
    fingerprint: async () => ({ ok: true, detail: 'no processes' }),
    async adopt(handle) {
      const life = await load(handle)
      if (life === null) return null
      live.add(handle.id)
      if (!servers.has(handle.id)) listen(handle, life)
      return handle
    },
    terminate: (handle) => mark(handle, (life) => ({ ...life, terminatedAt: life.terminatedAt ?? now() })),
    async kill(handle) {
      await mark(handle, (life) => ({ ...life, killedAt: life.killedAt ?? now() }))
      fallSilent(handle.id)
    },
    async stats(handle) {
      const life = await load(handle)
      return life === null
        ? null
        : {
            memoryMb: 1,
            cpuSeconds: 0,
            pids: 1,
            oomKills: fakeEnd(parseFakeCommand(life.command), life)?.oom === true ? 1 : 0,
          }
    },
    async attach(handle) {
      await starting.get(handle.id)?.catch(() => undefined)
      const life = await load(handle)
      if (life === null)
        throw new Error('The run does not take an attachment: it has ended, or was started without one.')
      return fakeLine(
        parseFakeCommand(life.command).echo,
        () => wait(handle),
        () => void mark(handle, (one) => ({ ...one, killedAt: one.killedAt ?? now() })),
      )
    },
    async exec(handle, spec, { command, env, pty }) {
      await starting.get(handle.id)?.catch(() => undefined)
      const life = await load(handle)
      const end = life === null ? null : fakeEnd(parseFakeCommand(life.command), life)
      if (life === null || (end !== null && end.at <= now()))
        throw new Error('The instance has ended, so no command can be run in it.')
      const behaviour = parseFakeCommand(command ?? 'fake echo')
      return fakeExecution(behaviour, { ...spec.env, ...env }, pty, () => wait(handle))
    },
    async destroy(handle) {
      fallSilent(handle.id)
      live.delete(handle.id)
      changed.delete(handle.id)
    },
    orphans: async (known) =>
      [...live].filter((id) => !known.has(id) && existsSync(id)).map((id) => `fake ${id}`),
  }
}
