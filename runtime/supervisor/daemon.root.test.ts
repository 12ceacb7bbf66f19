import { createSocket } from 'node:dgram'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Daemon } from './daemon.ts'
import { holdDnsSocket } from './dns-socket.ts'
import { isAlive, statOf } from './proc.ts'
import type { Process, ProcessName } from './process.ts'

let logs = ''
let daemons: Daemon[] = []
let port = 0
const installation = 'fffe'

beforeEach(async () => {
  logs = await mkdtemp(join(tmpdir(), 'skypanel-supervisor-'))
  daemons = []
  const probe = createSocket('udp4')
  port = await new Promise((resolve) => probe.bind(0, '127.0.0.1', () => resolve(probe.address().port)))
  probe.close()
})
afterEach(async () => {
  for (const daemon of daemons) await daemon.stopAll()
  await rm(logs, { recursive: true })
})

function daemon(): Daemon {
  const made = new Daemon({ installation, logs, dnsPort: port, dns: null, log: () => undefined })
  daemons.push(made)
  return made
}

function wanted(name: ProcessName, script: string, rest: Partial<Process> = {}): Process {
  return {
    name,
    argv: [process.execPath, '-e', script],
    user: null,
    capabilities: [],
    env: { PATH: '/usr/bin:/bin' },
    restart: 'always',
    ready: { kind: 'none' },
    rank: 1,
    needs: null,
    dnsSocket: false,
    stopSignal: 'SIGTERM',
    stopSeconds: 2,
    nice: 0,
    plane: 'data',
    ...rest,
  }
}

const idle = 'setInterval(() => {}, 1000)'
const pidOf = (of: Daemon, name: ProcessName) =>
  of.status().find((process) => process.name === name)?.pid ?? null

async function until<T>(what: () => Promise<T | null> | T | null): Promise<T> {
  for (let i = 0; i < 500; i++) {
    const found = await what()
    if (found !== null) return found
    await sleep(20)
  }
  throw new Error('it did not happen within 10 s')
}

test('a killed process is started again', async () => {
  const one = daemon()
  await one.apply([wanted('logs', idle)], true)
  const first = await until(() => pidOf(one, 'logs'))
  process.kill(first, 'SIGKILL')
  const second = await until(() =>
    ((pid) => (pid === null || pid === first ? null : pid))(pidOf(one, 'logs')),
  )
  expect(await statOf(second)).not.toBeNull()
  expect(one.status()[0]?.restarts).toBe(1)
})

test('a new supervisor takes over what a killed one left, and starts no twin', async () => {
  const table = [wanted('logs', idle)]
  const killed = daemon()
  await killed.apply(table, true)
  const pid = await until(() => pidOf(killed, 'logs'))
  const successor = daemon()
  await successor.findRunning([])
  await successor.apply(table, true)
  expect(pidOf(successor, 'logs')).toBe(pid)
  await successor.stop(['logs'])
  expect(await statOf(pid).then((stat) => stat?.state ?? 'gone')).toMatch(/gone|Z/)
})

test('the same table changes nothing, another version replaces, a missing line stops', async () => {
  const one = daemon()
  await one.apply([wanted('logs', idle), wanted('edge', idle)], true)
  const before = { logs: await until(() => pidOf(one, 'logs')), edge: await until(() => pidOf(one, 'edge')) }
  await one.apply([wanted('logs', idle), wanted('edge', idle)], true)
  expect(pidOf(one, 'logs')).toBe(before.logs)
  await one.apply([wanted('logs', `${idle} // v2`)], true)
  expect(await until(() => pidOf(one, 'logs'))).not.toBe(before.logs)
  expect(pidOf(one, 'edge')).toBeNull()
})

test('a process that ignores SIGTERM is killed with its whole session', async () => {
  const one = daemon()
  await one.apply([wanted('logs', `process.on('SIGTERM', () => {}); ${idle}`, { stopSeconds: 0.3 })], true)
  const pid = await until(() => pidOf(one, 'logs'))
  const start = (await statOf(pid))?.start ?? ''
  await sleep(200)
  await one.stop(['logs'])
  expect(await isAlive({ pid, start })).toBe(false)
})

test('a process whose program is still being made waits for it without failing', async () => {
  const one = daemon()
  await one.apply([wanted('consul', idle, { needs: '/nonexistent/ready.json' })], true)
  await sleep(50)
  expect(one.status()).toMatchObject([{ name: 'consul', state: 'waiting', restarts: 0 }])
})

test('a job that ends is not started again', async () => {
  const one = daemon()
  await one.apply([wanted('consul-build', 'process.exit(3)', { restart: 'once' })], true)
  await until(() => (one.status()[0]?.state === 'stopped' ? true : null))
  expect(one.status()[0]?.reason).toBe('exited with 3')
})

test('queries that come while the directory is away are answered by its successor', async () => {
  const one = daemon()
  const script = `const s = require('dgram').createSocket('udp4'); s.on('message', (m, from) => s.send('answer to ' + m, from.port, from.address)); s.bind({ fd: Number(process.env.SKYPANEL_DNS_FD) }); console.log('up')`
  await one.apply(
    [wanted('directory', script, { dnsSocket: true, env: { PATH: '/usr/bin', SKYPANEL_DNS_FD: '3' } })],
    true,
  )
  const first = await until(() => pidOf(one, 'directory'))
  await until(async () =>
    (await readFile(join(logs, 'directory.log'), 'utf8').catch(() => '')).includes('up') ? true : null,
  )
  process.kill(first, 'SIGKILL')
  const asker = createSocket('udp4')
  const answer = new Promise<string>((resolve) => asker.on('message', (packet) => resolve(packet.toString())))
  asker.send('the only query', port, '127.0.0.1')
  expect(await answer).toBe('answer to the only query')
  asker.close()
})

test('a DNS port that somebody else has is told, not waited for', async () => {
  const other = createSocket('udp4')
  await new Promise<void>((resolve) => other.bind(port, '127.0.0.1', resolve))
  expect(await holdDnsSocket({ port })).toBeNull()
  other.close()
  const held = await holdDnsSocket({ port })
  expect(held).not.toBeNull()
  held?.close()
})

test('a port is held only for UDP: TCP of the same number stays free for the directory', async () => {
  const held = await holdDnsSocket({ port })
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  server.close()
  held?.close()
})
