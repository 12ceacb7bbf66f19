import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { fastify, type FastifyRequest, LogController } from 'fastify'
import { endpoints } from '../contract/endpoints.ts'
import { DomainError } from '../domain/errors.ts'
import { createAttach } from './attach.ts'
import type { ApiDeps } from './deps.ts'
import { addRoute, pairRoutes, type Walked } from './endpoint-plugin.ts'
import { failureOf } from './errors.ts'
import { createLive, isLivePath } from './live/live.ts'
import { rootPage } from './page.ts'
import { loadPages, pageFor, pageHeaders, sendPage } from './pages.ts'
import { ownOrigins, refuseOrigin, securityHeaders } from './request-guard.ts'
import type { Route } from './route.ts'
import { allRoutes } from './routes/all.ts'

const BODY_LIMIT = 1 << 20

export interface Api extends AsyncDisposable {
  /** Resolves with the port once it accepts connections. */
  listen(address: { readonly host: string; readonly port: number }): Promise<number>
}

/** Answers below `/git/`; reads and writes the raw connection itself. */
export type GitHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** The platform's public HTTP: the contract's table below `/api`, git below `/git/`. @throws when a handler is missing. */
export async function createApi(given: ApiDeps, git: GitHandler): Promise<Api> {
  const ending = new AbortController()
  const { reach, version } = given.config
  const deps: Walked = { ...given, origins: ownOrigins(reach), secure: reach.domain !== null }
  const { origins } = deps
  const live = createLive(deps, ending.signal)
  const pages = await loadPages(given.config.dashboard)
  const app = fastify({
    loggerInstance: deps.log.child({ part: 'api' }),
    // One line a request would be most of the log, and hold nothing that the audit log lacks.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    // Names may be at most 30 long; what is longer shall hear that there is no such app.
    routerOptions: { maxParamLength: 2000 },
    genReqId: () => randomUUID(),
    // Behind the platform's own router only: on loopback anybody could claim to be somebody else.
    trustProxy: reach.domain === null ? false : 'loopback',
    forceCloseConnections: true,
    serverFactory: (handler) => {
      const server = createServer((request, response) => {
        if (request.url?.startsWith('/git/') === true) void mounted(git, request, response, deps)
        else handler(request, response)
      })
      // A push may take long to arrive; who sends no complete header in time is cut off all the same.
      server.requestTimeout = 0
      server.headersTimeout = 30_000
      const attach = createAttach(deps, ending.signal)
      server.on('upgrade', (request, socket, head) => {
        if (!isLivePath(request.url)) attach(request, socket, head)
      })
      live.attach(server)
      return server
    },
  })
  const headers = securityHeaders(reach)
  const ofPages = pageHeaders(origins)

  app.addHook('onRequest', async (request, reply) => {
    void reply.headers({ ...headers, 'Request-Id': request.id })
    if (refuseOrigin(request.method, request.headers.origin, origins)) {
      throw new DomainError('forbidden', 'Requests from pages of this origin are refused.')
    }
  })
  app.setErrorHandler(async (error, request, reply) => {
    const { status, body, ours } = failureOf(error, request.id)
    if (ours)
      request.log.error(
        {
          err: error,
          cause: error instanceof Error ? error.cause : undefined,
          url: request.routeOptions.url,
        },
        'a request failed',
      )
    if (status === 401) void reply.header('WWW-Authenticate', 'Bearer realm="SkyPanel"')
    if (status === 503) void reply.header('Retry-After', 1)
    await reply.code(status).send(body)
  })
  app.setNotFoundHandler(async (request, reply) => {
    const file = pageOf(request)
    if (file !== null) return sendPage(request, reply, file, ofPages)
    throw new DomainError(
      'not_found',
      `There is nothing at ${request.method} ${request.url.slice(0, 200)}. The API is described at /api/openapi.json.`,
    )
  })
  const pageOf = ({ method, url, headers: { accept } }: FastifyRequest) =>
    pages === null || (method !== 'GET' && method !== 'HEAD')
      ? null
      : pageFor(pages, url.split('?', 1)[0] ?? '/', accept)
  app.get('/', async (request, reply) => {
    if (request.headers.accept?.includes('text/html') !== true)
      return { name: 'SkyPanel', version, api: '/api/openapi.json' }
    const file = pageOf(request)
    if (file !== null) return sendPage(request, reply, file, ofPages)
    return await reply.type('text/html; charset=utf-8').send(rootPage(version))
  })
  const routes = pairRoutes(endpoints, allRoutes(deps))
  await app.register(
    async (api) => {
      for (const route of routes) if (!isUpload(route)) addRoute(api, deps, route, ending.signal)
      await api.register(async (uploads) => {
        // Read by the handler as it arrives, and only once it is known who sends it.
        uploads.removeAllContentTypeParsers()
        uploads.addContentTypeParser('*', (_request, _body, done) => done(null))
        for (const route of routes) if (isUpload(route)) addRoute(uploads, deps, route, ending.signal)
      })
    },
    { prefix: '/api' },
  )
  await app.ready()
  return {
    async listen({ host, port }) {
      await app.listen({ host, port })
      const address = app.server.address()
      return typeof address === 'object' && address !== null ? address.port : port
    },
    async [Symbol.asyncDispose]() {
      ending.abort()
      live[Symbol.dispose]()
      await app.close()
    },
  }
}

const isUpload = ({ endpoint }: Route) => endpoint.upload === true

async function mounted(
  git: GitHandler,
  request: IncomingMessage,
  response: ServerResponse,
  deps: ApiDeps,
): Promise<void> {
  try {
    await git(request, response)
  } catch (error) {
    deps.log.error({ err: error }, 'a git request failed')
    response.destroy()
  }
}
