import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createAccount } from '../../server/accounts/create-account.ts'
import { ensureAdmin } from '../../server/accounts/ensure-admin.ts'
import { createRateLimit } from '../../server/accounts/rate-limit.ts'
import type { ApiDeps } from '../../server/api/deps.ts'
import { createApi, type GitHandler } from '../../server/api/server.ts'
import { serverPaths, type Config } from '../../server/config.ts'
import { newId } from '../../server/context.ts'
import { createSealer } from '../../server/secrets/sealer.ts'
import { openDb, type Db } from '../../server/store/db.ts'
import { migrate } from '../../server/store/migrate.ts'
import { openLog } from '../../server/telemetry/log.ts'
import { createStatus } from '../../server/telemetry/status.ts'
import { idleDeploy } from './idle-deploy.ts'
import { databaseGate, type DatabaseGate } from './database-gate.ts'
import { withDatabase } from './postgres.ts'

const migrations = fileURLToPath(new URL('../../migrations', import.meta.url))

/** A configuration as an installation has it, with every other process of it absent. */
export function testConfig(home: string, databaseUrl: string): Config {
  return {
    home,
    version: '0.0.0-test',
    installation: 'ab12',
    driver: 'fake',
    registry: 'embedded',
    reach: { domain: null, http: 8080, https: 8443, panel: 8800 },
    directoryPort: 1,
    databaseUrl,
    migrations,
    dashboard: join(home, 'dashboard'),
    logLevel: 'silent',
    rate: { perTokenAndHour: 4500, loginsPerMinute: 10 },
    keepReleases: 20,
    memoryOvercommit: 8,
    maxPushMb: 150,
    sourceHosts: [],
    osv: null,
    bootTimeout: 60,
    openRequestsMs: 5000,
    build: { seconds: 1800, memoryMb: 2048, diskMb: 8192 },
    crashAt: null,
    paths: serverPaths(home),
  }
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly body: Record<string, unknown> & { readonly id?: string }
}

export interface Browser {
  readonly id: string
  readonly headers: { readonly Cookie: string; readonly Origin: string }
}

/** The origin of the panel's own pages, by the configuration of the tests. */
export const PANEL = 'http://localhost:8800'

export interface TestApi extends AsyncDisposable {
  readonly url: string
  readonly db: Db
  /** Shut it, and the database has stopped. */
  readonly gate: DatabaseGate
  readonly deps: ApiDeps
  readonly admin: string
  /** A token of a new account. */
  account(email: string): Promise<{ token: string; password: string; email: string }>
  /** Signs a browser in as that account; what it sends with each request. */
  browser(email: string): Promise<Browser>
  /** Ends the server and starts it again on the same port, as an upgrade does. */
  restart(): Promise<void>
  call(
    method: string,
    path: string,
    options?: { token?: string | null; body?: unknown; headers?: Record<string, string> },
  ): Promise<Reply>
}

/** The real API over HTTP with a real database of its own. */
export async function startApi(
  change: (deps: ApiDeps) => ApiDeps = (deps) => deps,
  git: GitHandler = async (_request, response) => void response.writeHead(501).end(),
): Promise<TestApi> {
  const home = await mkdtemp(join(tmpdir(), 'skypanel-api-'))
  const database = await withDatabase({
    key: 'migrated',
    prepare: async (url) => void (await migrate({ url, folder: migrations })),
  })
  const gate = await databaseGate(database.url)
  const config = testConfig(home, gate.url)
  const db = openDb({ url: gate.url })
  const generous = createRateLimit({ burst: 1e6, perSecond: 1e6 })
  const deps = change({
    db,
    config,
    log: openLog('silent'),
    now: Date.now,
    newId,
    seal: createSealer([{ id: 0, key: randomBytes(32) }]),
    deploy: idleDeploy(newId),
    status: createStatus({ config, db }),
    loginLimits: { perEmail: generous, perAddress: generous },
    callerLimit: generous,
    sessionLimit: generous,
    addressLimit: generous,
  })
  let api = await createApi(deps, git)
  const port = await api.listen({ host: '127.0.0.1', port: 0 })
  const url = `http://127.0.0.1:${port}`
  const admin = (await ensureAdmin(deps, 'root@example.org', 'test')).token

  const call: TestApi['call'] = async (method, path, options = {}) => {
    const token = options.token === undefined ? admin : options.token
    const text =
      options.body === undefined
        ? undefined
        : typeof options.body === 'string'
          ? options.body
          : JSON.stringify(options.body)
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
        ...(text === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...options.headers,
      },
      ...(text === undefined ? {} : { body: text }),
    })
    const answer = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      body: answer.startsWith('{') || answer.startsWith('[') ? JSON.parse(answer) : { text: answer },
    }
  }

  return {
    url,
    db,
    gate,
    deps,
    admin,
    call,
    async account(email) {
      const password = `password of ${email}`
      await createAccount(deps, null, { email, name: null, password, platformAdmin: false })
      const reply = await call('POST', '/api/login', { token: null, body: { email, password } })
      return { token: String(reply.body['token']), password, email }
    },
    async browser(email) {
      const reply = await call('POST', '/api/session', {
        token: null,
        body: { email, password: `password of ${email}` },
        headers: { Origin: PANEL },
      })
      const [Cookie = ''] = (reply.headers.get('set-cookie') ?? '').split(';')
      const { session } = reply.body as { session?: { id: string } }
      if (session === undefined) throw new Error(`signing in was refused: ${JSON.stringify(reply.body)}`)
      return { id: session.id, headers: { Cookie, Origin: PANEL } }
    },
    async restart() {
      await api[Symbol.asyncDispose]()
      api = await createApi(deps, git)
      await api.listen({ host: '127.0.0.1', port })
    },
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]()
      await db[Symbol.asyncDispose]()
      await gate[Symbol.asyncDispose]()
      await database.close()
      await rm(home, { recursive: true, force: true })
    },
  }
}
