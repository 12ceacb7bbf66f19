import { execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { lxc } from '../../runtime/driver/lxc.ts'
import { nspawn } from '../../runtime/driver/nspawn.ts'
import type { Supervisor } from '../../runtime/driver/supervisor.ts'
import { openStage } from '../../runtime/driver/test-stage.ts'
import { InstanceSpec } from '../../server/contract/nodes.ts'
import { answers, commit, freePort } from './floor.ts'
import { paired, printFigure, ratioFigure, timed } from './measure.ts'
import { Platform } from './platform.ts'

const run = promisify(execFile)
const platform = await Platform.load()
const skypanel = fileURLToPath(new URL('../../cli/skypanel.cjs', import.meta.url))

const HELLO = `require('node:http').createServer((_, res) => res.end('hello ' + (process.env.DYNO ?? ''))).listen(process.env.PORT)\n`

/** One more instance of a bare Node server until it is ready, against the same server started bare until it answers. */
async function instanceStart(): Promise<void> {
  const hello = await mkdtemp(join(tmpdir(), 'skypanel-hello-'))
  await writeFile(join(hello, 'server.js'), HELLO)
  await writeFile(
    join(hello, 'package.json'),
    JSON.stringify({ name: 'hello', version: '1.0.0', scripts: { start: 'node server.js' } }),
  )
  await writeFile(
    join(hello, 'package-lock.json'),
    JSON.stringify({
      name: 'hello',
      version: '1.0.0',
      lockfileVersion: 3,
      requires: true,
      packages: { '': { name: 'hello', version: '1.0.0' } },
    }),
  )
  await run('git', ['init', '-q', '-b', 'main', hello])
  await commit(hello, 'hello')
  const app = await platform.createApp()
  try {
    await platform.push(hello, app.git_url)
    const series = await paired(
      9,
      async () => {
        const { ms } = await timed(async () => {
          await platform.api('PATCH', `/apps/${app.name}/formation`, {
            updates: [{ type: 'web', quantity: 2 }],
          })
          await ready(app.name, 2)
        })
        await platform.api('PATCH', `/apps/${app.name}/formation`, {
          updates: [{ type: 'web', quantity: 1 }],
        })
        await ready(app.name, 1)
        return ms
      },
      () => bareStart(join(hello, 'server.js')),
    )
    const figure = ratioFigure('scale up, API to ready / bare node', series, 'ms', Infinity)
    printFigure({ ...figure, goal: 'none set' })
  } finally {
    await platform.destroyApp(app.name)
    await rm(hello, { recursive: true, force: true })
  }
}

/**
 * A driver alone: from the order to the first HTTP 200 (mounts, groups, network, supervisor, init, app), against the
 * same program bare. What the platform adds to it (API, database, health check, registry) is in the figure before.
 */
async function driverStart(supervisor: Supervisor, goal: number): Promise<void> {
  const stage = await openStage(supervisor, 'bnch', '10.227.0.0/18', process.getuid?.() ?? 0)
  try {
    const driver = stage.driver()
    const script = join(stage.artifact.layers[0] ?? '', 'app', 'server.js')
    await writeFile(script, HELLO)
    const series = await paired(
      15,
      async (round) => {
        const folder = join(stage.home, 'instances', String(round))
        await mkdir(folder, { recursive: true })
        const placement = stage.placement(round, folder)
        const spec = InstanceSpec.parse({
          id: randomUUID(),
          app: '0198c0de-0000-7000-8000-000000000001',
          appName: 'bench',
          name: 'web.1',
          type: 'web',
          kind: 'service',
          release: 1,
          build: '0198c0de-0000-7000-8000-000000000002',
          artifact: stage.artifact,
          command: 'node server.js',
          env: { PORT: '8080' },
          limits: { memoryMb: 512, cpuMilli: 2000, pids: 256, diskMb: 512 },
          health: null,
          grace: 5,
          routed: false,
          pty: null,
          attach: false,
        })
        const { ms, value } = await timed(async () => {
          const handle = await driver.start(spec, placement, async () => undefined)
          await answers(`http://${placement.address}:8080/`)
          return handle
        })
        await driver.kill(value)
        await driver.wait(value)
        await driver.destroy(value)
        return ms
      },
      () => bareStart(script),
    )
    printFigure(
      ratioFigure(`instance start (${supervisor.name}) to HTTP 200 / bare node`, series, 'ms', goal),
    )
  } finally {
    await stage.close()
  }
}

async function bareStart(script: string): Promise<number> {
  const port = await freePort()
  const { ms, value } = await timed(async () => {
    const child = spawn(process.execPath, [script], {
      env: { PATH: process.env['PATH'] ?? '', PORT: String(port) },
      stdio: 'ignore',
    })
    await answers(`http://127.0.0.1:${port}/`)
    return child
  })
  value.kill('SIGKILL')
  return ms
}

async function ready(app: string, count: number): Promise<void> {
  for (;;) {
    const instances = await platform.api<{ state: string }[]>('GET', `/apps/${app}/instances`)
    if (instances.filter((instance) => instance.state === 'ready').length === count) return
    await new Promise((done) => setTimeout(done, 15))
  }
}

async function cliVersion(): Promise<void> {
  const series = await paired(
    11,
    async () => (await timed(() => run(process.execPath, [skypanel, '--version']))).ms,
    async () => (await timed(() => run(process.execPath, ['-e', '0']))).ms,
  )
  printFigure(ratioFigure('skypanel --version / bare node', series, 'ms', 1.05))
}

await instanceStart()
await driverStart(nspawn, 2.2)
await driverStart(lxc, 1.6)
await cliVersion()
