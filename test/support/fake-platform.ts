import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createNodeClient } from '../../server/deploy/node-client.ts'
import { openDb, type Db } from '../../server/store/db.ts'
import { migrate } from '../../server/store/migrate.ts'
import { compile, compiled } from './compiled.ts'
import { checkout, commit, git, spawnGit } from './git-server.ts'
import { withDatabase } from './postgres.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const migrations = join(root, 'migrations')

/** A process of the platform that a test kills and starts again. */
interface Part {
  child: ChildProcess
  output: string
  readonly ended: Promise<void>
}

function start(script: string, args: readonly string[], env: Readonly<Record<string, string>>): Part {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', SKYPANEL_LOG_LEVEL: 'info', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const part: Part = {
    child,
    output: '',
    ended: new Promise((resolve) => child.once('exit', () => resolve())),
  }
  for (const stream of [child.stdout, child.stderr])
    stream
      .setEncoding('utf8')
      .on('data', (text: string) => (part.output = (part.output + text).slice(-200_000)))
  return part
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise<void>((resolve) => server.close(() => resolve()))
  if (address === null || typeof address === 'string') throw new Error('no free port')
  return address.port
}

export async function until<T>(
  what: string,
  look: () => Promise<T | null | false> | T | null | false,
  ms = 60_000,
): Promise<T> {
  const deadline = Date.now() + ms
  for (;;) {
    const found = await look()
    if (found !== null && found !== false) return found
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`)
    await sleep(25)
  }
}

/** On a connection of its own: a kept one may lead to a server that was killed. */
function ask(
  url: string,
  method: string,
  token: string,
  body: unknown,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    }
    const asking = request(url, { method, headers, agent: false }, (reply) => {
      let text = ''
      reply.setEncoding('utf8').on('data', (more: string) => (text += more))
      reply.on('error', reject).on('end', () => resolve({ status: reply.statusCode ?? 0, text }))
    })
    asking.on('error', reject)
    asking.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

const answers = (path: string) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => resolve((socket.destroy(), true)))
    socket.once('error', () => resolve(false))
  })

/**
 * The real server and the real agent with the fake driver and engine, on a real database and with real git: everything
 * of a deploy but Nix, nspawn and the router. Both processes can be killed and started again.
 *
 * @param serverEnv variables of each server that is started
 */
export async function startFakePlatform(serverEnv: Readonly<Record<string, string>> = {}) {
  const database = await withDatabase({
    key: 'fake-platform',
    prepare: (url) => migrate({ url, folder: migrations }).then(() => undefined),
  })
  const home = await mkdtemp(join(tmpdir(), 'skypanel-fake-'))
  const [panel, dns, directoryPort] = await Promise.all([freePort(), freePort(), freePort()])
  await mkdir(join(home, 'keys'))
  await mkdir(join(home, 'agent'))
  await writeFile(join(home, 'keys', 'master.key'), randomBytes(32), { mode: 0o400 })
  await writeFile(
    join(home, 'installation.json'),
    JSON.stringify({
      version: 1,
      id: randomBytes(2).toString('hex'),
      home,
      range: '10.213.128.0/18',
      domain: null,
      ports: {
        panel,
        http: 8080,
        https: 8443,
        dns,
        directory: directoryPort,
        edge: 3,
        consulHttp: 4,
        consulRpc: 5,
        consulSerf: 6,
      },
      database: { kind: 'external', url: database.url },
      driver: 'fake',
      registry: 'embedded',
      allowUnlimited: true,
      supervision: 'direct',
    }),
  )
  compile()
  const serverScript = join(root, 'dist', 'server', 'main.mjs')
  // The native hook starts in a millisecond; a machine without a compiler tests with the script.
  await mkdir(join(home, 'native', 'bin'), { recursive: true })
  const built = spawnSync('cc', [
    '-O1',
    '-o',
    join(home, 'native', 'bin', 'hook'),
    join(root, 'runtime/native/hook.c'),
  ])
  if (built.status === 0)
    await writeFile(join(home, 'agent', 'native.json'), JSON.stringify({ path: join(home, 'native') }))

  const db: Db = openDb({ url: database.url, max: 4 })
  const base = `http://127.0.0.1:${panel}`
  const crashAt = join(home, 'crash-at')
  let server: Part | null = null
  let agent: Part | null = null
  const others: Part[] = []
  const outputs: string[] = []

  const stop = async (part: Part | null, signal: NodeJS.Signals) => {
    if (part === null) return
    part.child.kill(signal)
    await part.ended
    outputs.push(part.output)
  }
  const platform = {
    home,
    db,
    base,
    token: '',
    output: () =>
      [...outputs, server?.output ?? '', agent?.output ?? '', ...others.map(({ output }) => output)].join(
        '\n',
      ),
    async startAgent() {
      agent = start(compiled('runtime/agent/main.ts'), ['--home', home], {})
      const part = agent
      await until('the agent answers', async () => {
        if (part.child.exitCode !== null) throw new Error(`the agent ended: ${part.output}`)
        return answers(join(home, 'run', 'agent', 'agent.sock'))
      })
    },
    async startServer(env: Readonly<Record<string, string>> = {}) {
      server = start(serverScript, ['serve', '--home', home], {
        SKYPANEL_BOOT_TIMEOUT: '3',
        SKYPANEL_OPEN_REQUESTS_MS: '0',
        SKYPANEL_CRASH_AT: crashAt,
        ...serverEnv,
        ...env,
      })
      const part = server
      await until('the server answers', async () => {
        if (part.child.exitCode !== null || part.child.signalCode !== null)
          throw new Error(`the server ended: ${part.output}`)
        return ask(`${base}/api/health`, 'GET', '', undefined).then(
          ({ status }) => status === 200,
          () => false,
        )
      })
    },
    stopServer: (signal: NodeJS.Signals = 'SIGTERM') => stop(server, signal),
    stopAgent: (signal: NodeJS.Signals = 'SIGTERM') => stop(agent, signal),
    /** Where the server kills or stops itself from now on, as in `SKYPANEL_CRASH_AT`; null: nowhere. */
    crashAt: (spec: string | null) =>
      spec === null ? rm(crashAt, { force: true }) : writeFile(crashAt, spec),
    continueServer: () => server?.child.kill('SIGCONT'),
    /** Whether the server stopped itself at a crash point. */
    async isServerStopped() {
      const stat = await readFile(`/proc/${server?.child.pid ?? 0}/stat`, 'utf8').catch(() => '')
      return / T /.test(stat.slice(stat.lastIndexOf(')')))
    },
    /** What the agent knows of an app's instances. */
    async observed(app: string) {
      using node = createNodeClient(join(home, 'run', 'agent', 'agent.sock'), 1)
      return (await node.call('observe', {})).instances.filter((one) => one.app === app)
    },
    isServerRunning: () =>
      server !== null && server.child.exitCode === null && server.child.signalCode === null,
    async api<T = Record<string, unknown>>(
      method: string,
      path: string,
      body?: unknown,
    ): Promise<T & { readonly id?: string; readonly message?: string }> {
      const { text } = await ask(`${base}/api${path}`, method, platform.token, body)
      return JSON.parse(text) as T & { readonly id?: string; readonly message?: string }
    },
    async createApp(name: string) {
      const app = await platform.api<{ id: string; name: string; git_url: string }>('POST', '/apps', { name })
      if (typeof app.git_url !== 'string') throw new Error(`no app: ${JSON.stringify(app)}`)
      return { ...app, remote: app.git_url.replace('://', `://u:${platform.token}@`) }
    },
    async [Symbol.asyncDispose]() {
      await stop(server, 'SIGKILL')
      await stop(agent, 'SIGKILL')
      for (const other of others) await stop(other, 'SIGKILL')
      await db[Symbol.asyncDispose]()
      await database.close()
      await rm(home, { recursive: true, force: true })
    },
  }
  try {
    for (const name of ['directory', 'logs'] as const) {
      others.push(start(compiled(`runtime/${name}/main.ts`), ['--home', home], {}))
      await until(`the process ${name} answers`, () => answers(join(home, 'run', name, `${name}.sock`)))
    }
    await platform.startAgent()
    await platform.startServer()
    const admin = spawnSync(
      process.execPath,
      [serverScript, 'admin', '--email', 'ada@example.org', '--home', home],
      { encoding: 'utf8' },
    )
    platform.token = (JSON.parse(admin.stdout) as { token: string }).token
  } catch (error) {
    const output = platform.output()
    await platform[Symbol.asyncDispose]()
    throw new Error(`the platform did not start: ${String(error)}\n${output.slice(-5_000)}`, { cause: error })
  }
  return platform
}
export type FakePlatform = Awaited<ReturnType<typeof startFakePlatform>>

export interface FakeApp {
  readonly web?: string
  readonly release?: string
  readonly worker?: string
  readonly build?: Readonly<Record<string, unknown>>
  readonly note?: string
  /** Further files, e.g. skypanel.toml. */
  readonly files?: Readonly<Record<string, string>>
}

/** The files of an app whose processes behave as told (runtime/driver/fake-behaviour.ts). */
export function fakeApp({ build, note = '', files = {}, ...processes }: FakeApp): Record<string, string> {
  const processTypes = Object.fromEntries(
    Object.entries({ web: 'fake', ...processes }).filter(([, command]) => command !== ''),
  )
  const Procfile = Object.entries(processTypes)
    .map(([type, command]) => `${type}: ${command}\n`)
    .join('')
  return {
    ...files,
    'index.html': `<h1>${note}</h1>`,
    Procfile,
    '.fake-build.json': JSON.stringify({ processTypes, ...build }),
  }
}

/** Opens a checkout of an app; `push` commits what is given and pushes it. */
export async function openCheckout(remote: string) {
  const folder = await checkout({ 'README.md': 'x' })
  await git(folder, 'remote', 'add', 'skypanel', remote)
  return {
    folder,
    change: (files: Readonly<Record<string, string>>) => commit(folder, files),
    push: () => git(folder, 'push', 'skypanel', 'main'),
    spawnPush: () => spawnGit(folder, 'push', 'skypanel', 'main'),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
export type Checkout = Awaited<ReturnType<typeof openCheckout>>
