import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { InstanceSpec } from '../../../server/contract/nodes.ts'
import { run, tryRun } from '../../exec.ts'
import { kernelNames } from '../../installation.ts'
import { gateway } from '../../network/address.ts'
import { specOf } from '../conformance.ts'
import type { Attachment, Driver, Handle } from '../driver.ts'
import { lxc } from '../lxc.ts'
import { nspawn } from '../nspawn.ts'
import { type ContainedStage, openStage } from '../test-stage.ts'

/** Every driver of this machine is held to the same probes; root may call into the stage's instances. */
const drivers: readonly { readonly name: string; readonly open: () => Promise<ContainedStage> }[] = [
  { name: 'nspawn', open: () => openStage(nspawn, 'f0e5', '10.221.64.0/18', 0) },
  { name: 'lxc', open: () => openStage(lxc, 'f0e6', '10.246.64.0/18', 0) },
]

/** The kernel does not have it, or was built or started without it. */
const NOT_HERE = ['ENOSYS', 'ENOENT', 'ENODEV', 'ENXIO', 'EAFNOSUPPORT', 'EPROTONOSUPPORT', 'EOPNOTSUPP']
/** What a machine may withhold from its own root. */
const WITHHELD: Readonly<Record<string, string>> = {
  raise_limit: 'EPERM',
  never_killed_for_memory: 'EACCES',
  write_user_namespaces: 'EACCES',
  realtime: 'EPERM',
  make_disk: 'EPERM',
  load_module: 'EPERM',
  load_module_file: 'EPERM',
  remove_module: 'EPERM',
  kernel_addresses: '-',
  protection_keys: 'EINVAL',
  io_uring: 'EPERM',
  local_descriptor_table: 'EPERM',
}
const LEAST = 100

const SERVER = `exec node -e '
  require("http").createServer((q, r) => r.end("app")).listen(5000, "0.0.0.0", () => console.log("up"))
  const socket = require("dgram").createSocket("udp4")
  socket.on("message", (text, from) => socket.send(text, from.port, from.address)).bind(5000)'`

interface Answers {
  readonly open: readonly string[]
  /** Name → error. */
  readonly closed: Readonly<Record<string, string>>
}

function parse(text: string): Answers {
  const lines = text.split('\n').map((line) => line.trim().split(' '))
  return {
    open: lines.flatMap(([word, name = '']) => (word === 'open' ? [name] : [])),
    closed: Object.fromEntries(
      lines.flatMap(([word, name = '', ...why]) => (word === 'closed' ? [[name, why.join(' ')]] : [])),
    ),
  }
}

async function heard(line: Attachment): Promise<string> {
  let text = ''
  line.onOutput((_, data) => (text += data.toString()))
  await new Promise<void>((resolve) => line.onClose(resolve))
  return text
}

describe.each(drivers)('what a stranger tries from inside, with $name', { timeout: 120_000 }, ({ open }) => {
  let stage: ContainedStage
  let driver: Driver
  let holder: ChildProcess
  let neighbour: { handle: Handle; folder: string; spec: InstanceSpec; address: string }
  let names: string[] = []
  let index = 0
  const control: { open: string[]; closed: Record<string, string> } = { open: [], closed: {} }
  let outside: readonly string[] = []

  async function launch(command: string, more: Partial<InstanceSpec> = {}) {
    const spec = specOf(stage, command, {
      limits: { memoryMb: 256, cpuMilli: 2000, pids: 64, diskMb: 32 },
      ...more,
    })
    const folder = join(stage.home, 'instances', spec.id)
    mkdirSync(folder, { recursive: true })
    const placement = stage.placement(index++, folder)
    const handle = await driver.start(spec, placement, async () => undefined)
    return { handle, folder, spec, address: placement.address }
  }

  async function end(handle: Handle): Promise<void> {
    await driver.kill(handle)
    await driver.wait(handle)
    await driver.destroy(handle)
  }

  const output = (folder: string) => readFileSync(join(folder, 'log', 'out'), 'utf8')

  beforeAll(async () => {
    stage = await open()
    driver = stage.driver()
    const layer = join(stage.home, 'layer', 'app')
    const probe = join(layer, 'probe')
    const source = fileURLToPath(new URL('probe.c', import.meta.url))
    await run(['cc', '-O1', '-Wall', '-Wextra', '-Werror', '-static', '-o', probe, source])
    copyFileSync(probe, join(layer, 'setuid'))
    chmodSync(join(layer, 'setuid'), 0o4755)
    names = (await run([probe, 'list']))
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t')[0] ?? '')
    for (const name of ['room', 'secret', 'foreign']) mkdirSync(join(stage.home, name))
    for (const name of ['secret', 'foreign']) writeFileSync(join(stage.home, name, 'file'), 'secret\n')

    const own = [
      `abstract=skypanel-held-${stage.id}`,
      `socket=${join(stage.home, 'held.sock')}`,
      `key=${0x5000_0000 + process.pid}`,
      `queue=/skypanel-held-${stage.id}`,
      `shm=/skypanel-held-${stage.id}`,
    ]
    holder = spawn(probe, ['hold', ...own], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [, port = '', udp = ''] = await new Promise<string[]>((resolve, reject) => {
      holder.once('error', reject)
      holder.stdout?.once('data', (data: Buffer) => resolve(data.toString().trim().split(' ')))
    })
    neighbour = await launch(SERVER)
    for (let round = 0; !output(neighbour.folder).includes('up'); round++) {
      if (round > 400) throw new Error('the neighbour did not come up')
      await sleep(25)
    }
    const route = await run(['ip', '-o', '-4', 'route', 'get', '192.0.2.1']).catch(() => '')
    const [group = ''] = stage.limiter.create('probes', { memoryMb: 64, cpuMilli: 100, pids: 16 })
    const { dev } = statSync('/')
    outside = [
      ...own,
      `port=${port}`,
      `udp=${udp}`,
      `pid=${holder.pid}`,
      `gateway=${gateway(stage.range)}`,
      `uplink=${/src (\S+)/.exec(route)?.[1] ?? gateway(stage.range)}`,
      `interface=${kernelNames(stage.id).bridge}`,
      `neighbour=${neighbour.address}`,
      `cgroup=${group}`,
      `disk=${dev >> 8}:${dev & 255}`,
      `secret=${join(stage.home, 'secret', 'file')}`,
      `foreign=${join(stage.home, 'foreign', 'file')}`,
      `instance=${neighbour.folder}`,
    ]
    const here = [
      `room=${join(stage.home, 'room')}`,
      `setuid=${join(layer, 'setuid')}`,
      `code=${join(layer, 'lib', 'code.txt')}`,
    ]
    for (const kind of ['own', 'host']) {
      const { stdout, stderr, code } = await tryRun([probe, `control=${kind}`, ...outside, ...here], {
        timeout: 60_000,
      })
      expect({ code, stderr }, kind).toEqual({ code: 0, stderr: '' })
      const answers = parse(stdout)
      control.open.push(...answers.open)
      Object.assign(control.closed, answers.closed)
    }
  }, 120_000)
  afterAll(async () => {
    if (neighbour !== undefined) await end(neighbour.handle)
    await stage?.limiter.remove('probes')
    if (holder !== undefined) {
      holder.kill('SIGKILL')
      const [key = '', queue = '', shm = ''] = outside.filter((word) => /^(key|queue|shm)=/.test(word))
      await run([join(stage.home, 'layer/app/probe'), 'release', key, queue, shm])
    }
    await stage?.close()
  })

  const inside = () =>
    ['/app/probe', ...outside, 'room=/app', 'setuid=/app/setuid', 'code=/app/lib/code.txt'].join(' ')

  test('succeeds for root without any confinement, so that no probe is closed by being broken', () => {
    const unexplained = Object.entries(control.closed).filter(
      ([name, error]) => !NOT_HERE.includes(error) && WITHHELD[name] !== error,
    )
    expect(unexplained).toEqual([])
    expect([...control.open, ...Object.keys(control.closed)].toSorted()).toEqual(names.toSorted())
    const missing = Object.entries(control.closed).map(([name, error]) => `${name} (${error})`)
    console.log(
      `${control.open.length} of ${names.length} probes open without confinement; this machine has not: ${missing.join(', ')}`,
    )
    expect(control.open.length).toBeGreaterThanOrEqual(LEAST)
  })

  function expectClosed(text: string): void {
    const answers = parse(text)
    expect(answers.open, text.slice(-2000)).toEqual([])
    expect(Object.keys(answers.closed).toSorted(), text.slice(-2000)).toEqual(names.toSorted())
    // An error of the kernel, or that what was tried had no effect; not a probe that crashed or never came back.
    expect(Object.entries(answers.closed).filter(([, error]) => !/^(E[A-Z0-9]+|-)$/.test(error))).toEqual([])
  }

  test('is closed in a service', async () => {
    const { handle, folder } = await launch(inside())
    await driver.wait(handle)
    expectClosed(output(folder))
    await driver.destroy(handle)
  })

  test('does not open its log anew, and gives it no other rights or names', async () => {
    const script = `const fs = require("fs"), log = "/proc/self/fd/1"
      const ways = [() => fs.openSync(log, "r"), () => fs.openSync(log, "r+"), () => fs.fchmodSync(1, 0o666),
        () => fs.fchownSync(1, 1000, 1000), () => fs.linkSync(log, "/app/log"), () => fs.truncateSync(log, 0)]
      for (const way of ways) { try { way(); console.log("open") } catch (error) { console.log(error.code) } }`
    const { handle, folder } = await launch(`exec node -e '${script}'`)
    await driver.wait(handle)
    expect(output(folder)).toMatch(/^((EACCES|EPERM|EXDEV)\n){6}$/)
    await driver.destroy(handle)
  })

  test('is closed in an attached run, with and without a terminal', async () => {
    const tried = [null, { rows: 24, columns: 80 }].map(async (pty) => {
      const { handle } = await launch(inside(), { kind: 'run', attach: true, pty })
      expectClosed(await heard(await driver.attach(handle)))
      await driver.wait(handle)
      await driver.destroy(handle)
    })
    await Promise.all(tried)
  })

  test('is closed in a command inside of a running instance, with and without a terminal', async () => {
    const { handle, spec } = await launch('exec sleep 1000')
    const tried = [null, { rows: 24, columns: 80 }].map(async (pty) => {
      const line = await driver.exec(handle, spec, { command: inside(), env: {}, pty })
      expectClosed(await heard(line))
      expect(await line.ended).toEqual({ code: 0, signal: null })
    })
    await Promise.all(tried)
    await end(handle)
  })
})
