import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { startLogs } from '../../runtime/logs/start.ts'
import { watchBuild } from '../../server/build/watch-build.ts'
import { BuildId } from '../../server/contract/ids.ts'
import { createBus } from '../../server/deploy/bus.ts'
import { askUnix } from '../../server/ipc/unix-request.ts'
import { type Browser, type Reply, startApi, type TestApi } from './api.ts'
import { type LivePage, openLive } from './live.ts'

type Transports = ('websocket' | 'polling')[]

/** The real API with the real process that keeps logs, three accounts, and an app `shop` of Ada's. */
export interface LiveWorld extends AsyncDisposable {
  readonly api: TestApi
  readonly ada: Browser
  /** The id of `shop`. */
  readonly app: string
  /** While false, builds go on: their logs end only once it is true. */
  buildIsOver: boolean
  open(headers: Readonly<Record<string, string>>, ...transports: Transports): LivePage
  /** Resolves once the page was welcomed. */
  connected(browser: Browser, ...transports: Transports): Promise<LivePage>
  closePages(): void
  ask(browser: Browser, method: string, path: string, body?: unknown): Promise<Reply>
  createApp(name: string): Promise<string>
  /** Adds lines to the log of `shop`. */
  print(...texts: string[]): Promise<unknown>
}

/** Machines that test are busy; what takes seconds there is no fault. */
export const soon = <T>(read: () => T) => expect.poll(read, { timeout: 30_000, interval: 20 })

export async function startLiveWorld(): Promise<LiveWorld> {
  const api = await startApi((deps) => {
    const bus = createBus(deps.db)
    return {
      ...deps,
      // The build's row is the test's own; its log is read as the platform reads it.
      deploy: {
        ...deps.deploy,
        build: async (_app, id) => ({ id: BuildId.parse(id) }) as never,
        watchBuildLog: (_app, build, after, signal) =>
          watchBuild(
            { db: deps.db, bus },
            BuildId.parse(build),
            after,
            async () => world.buildIsOver,
            signal,
          ),
      },
    }
  })
  for (const name of ['ada', 'bob', 'eve']) await api.account(`${name}@example.org`)
  const ada = await api.browser('ada@example.org')
  const { home, logsSocket } = api.deps.config.paths
  await mkdir(join(home, 'instances'))
  const logs = await startLogs({
    instances: join(home, 'instances'),
    logs: join(home, 'logs'),
    socket: logsSocket,
    say: () => undefined,
  })
  const pages: LivePage[] = []
  const ask: LiveWorld['ask'] = (browser, method, path, body) =>
    api.call(method, path, {
      token: null,
      headers: { ...browser.headers },
      ...(body === undefined ? {} : { body }),
    })
  const createApp = async (name: string) => String((await ask(ada, 'POST', '/api/apps', { name })).body.id)
  const app = await createApp('shop')

  const world: LiveWorld = {
    api,
    ada,
    app,
    buildIsOver: false,
    ask,
    createApp,
    open(headers, ...transports) {
      const page = openLive(api.url, headers, transports.length === 0 ? ['websocket'] : transports)
      pages.push(page)
      return page
    },
    async connected(browser, ...transports) {
      const page = world.open(browser.headers, ...transports)
      await soon(() => page.life).toContain('connected')
      return page
    },
    closePages() {
      for (const page of pages.splice(0)) page[Symbol.dispose]()
    },
    print: (...texts) =>
      askUnix({
        socket: logsSocket,
        method: 'POST',
        path: `/apps/${app}/lines`,
        body: { lines: texts.map((text) => ({ process: 'api', text })) },
      }),
    async [Symbol.asyncDispose]() {
      world.closePages()
      logs.close()
      await api[Symbol.asyncDispose]()
    },
  }
  return world
}
