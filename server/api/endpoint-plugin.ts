import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { identify, type Identified } from '../accounts/authenticate.ts'
import { authorise } from '../accounts/authorise.ts'
import type { RateLimit } from '../accounts/rate-limit.ts'
import type { Endpoint } from '../contract/endpoint.ts'
import { DomainError } from '../domain/errors.ts'
import { SESSION_LIFE } from '../sessions/begin-session.ts'
import { identifySession } from '../sessions/identify-session.ts'
import { sessionCookie, sessionTextIn } from '../sessions/session-text.ts'
import type { ApiDeps } from './deps.ts'
import { failureOf } from './errors.ts'
import { sendEvents } from './event-stream.ts'
import { refuseCookie } from './request-guard.ts'
import type { Call, Route } from './route.ts'
import { validate } from './validate.ts'

type Table<Value> = Readonly<Record<string, Readonly<Record<string, Value>>>>

/** Pairs each endpoint of the table with its route. @throws when one has none, or another's. */
export function pairRoutes(endpoints: Table<Endpoint>, routes: Table<Route>): Route[] {
  return Object.entries(endpoints).flatMap(([resource, verbs]) =>
    Object.entries(verbs).map(([verb, endpoint]) => {
      const route = routes[resource]?.[verb]
      if (route === undefined) throw new Error(`The endpoint ${resource}.${verb} has no handler`)
      if (route.endpoint !== endpoint)
        throw new Error(`The handler of ${resource}.${verb} was made for another endpoint`)
      if ((route.kind === 'events') !== (endpoint.stream === 'events')) {
        throw new Error(`The endpoint ${resource}.${verb} and its handler differ in whether they stream`)
      }
      return route
    }),
  )
}

/** What the walker needs beside what every part of the API does. */
export interface Walked extends ApiDeps {
  /** The panel's own. */
  readonly origins: ReadonlySet<string>
  /** Whether the panel is reached by https. */
  readonly secure: boolean
}

/** Registers one route: rate limit → who asks → may they → what they ask → do it → what leaves. */
export function addRoute(api: FastifyInstance, deps: Walked, route: Route, ending: AbortSignal): void {
  const { endpoint } = route
  api.route({
    method: endpoint.method,
    url: endpoint.path,
    async handler(request, reply) {
      const params = request.params as Record<string, string>
      const nameOrId = params['app'] ?? null
      const identified = await whoAsks(deps, endpoint, request, reply, nameOrId)
      const app = authorise(endpoint.access, identified, nameOrId)
      const { body, query } = parseInput(route, request)
      let signal: AbortSignal | null = null
      const call: Call = {
        // The generic call of any endpoint; each handler was typed by its own (see route.ts).
        ...({ params, body, query } as Pick<Call, 'params' | 'body' | 'query'>),
        get caller() {
          if (identified === null) throw new Error(`${endpoint.path} is public and has no caller`)
          return identified.caller
        },
        get app() {
          if (app === null) throw new Error(`${endpoint.path} names no app`)
          return app
        },
        address: request.ip,
        userAgent: request.headers['user-agent'] ?? '',
        fromOwnPage: deps.origins.has(request.headers.origin ?? ''),
        setSession: (text) =>
          void reply.header('Set-Cookie', sessionCookie(text, deps.secure, SESSION_LIFE.mostSeconds)),
        lastEventId: lastEventId(request),
        get upload() {
          if (endpoint.upload !== true) throw new Error(`${endpoint.path} takes no upload`)
          return request.raw
        },
        // Made when it is asked for: most requests are over before anybody could.
        get signal() {
          signal ??= AbortSignal.any([closed(reply), ending])
          return signal
        },
      }
      if (route.kind === 'answer') {
        const result = endpoint.reply.parse(await route.handle(call))
        return await reply.code(endpoint.status ?? 200).send(result)
      }
      const source = await route.handle(call)
      reply.hijack()
      reply.raw.setHeader('Request-Id', request.id)
      await sendEvents(reply.raw, source, endpoint.reply, call.signal, (error) => {
        const failure = failureOf(error, request.id)
        if (failure.ours) request.log.error({ err: error }, 'a stream failed')
        return failure
      })
    },
  })
}

/** Public endpoints look at no token at all, so a bad one cannot keep anybody from logging in. */
async function whoAsks(
  deps: Walked,
  endpoint: Endpoint,
  request: FastifyRequest,
  reply: FastifyReply,
  nameOrId: string | null,
): Promise<Identified | null> {
  const found = endpoint.access === 'public' ? null : await byCredential(deps, request, nameOrId)
  if (found === null) spend(deps.addressLimit, request.ip, reply)
  else {
    const { kind, id } = found.caller.credential
    spend(kind === 'session' ? deps.sessionLimit : deps.callerLimit, id, reply)
  }
  return found
}

/** A token goes before a cookie: who sends one means it. */
async function byCredential(
  deps: Walked,
  { method, headers }: FastifyRequest,
  nameOrId: string | null,
): Promise<Identified | null> {
  if (headers.authorization !== undefined) return await identify(deps, headers.authorization, nameOrId)
  const text = sessionTextIn(headers.cookie, deps.secure)
  if (text === null) return null
  if (refuseCookie(method, headers, deps.origins))
    throw new DomainError('forbidden', "A session is good for requests of the panel's own pages only.")
  return await identifySession(deps, text, nameOrId)
}

function spend(limit: RateLimit, key: string, reply: FastifyReply): void {
  const { allowed, remaining, retryAfter } = limit.take(key)
  void reply.header('RateLimit-Remaining', remaining)
  if (allowed) return
  void reply.header('Retry-After', retryAfter)
  throw new DomainError('rate_limited', `Too many requests. Try it again in ${retryAfter} s.`)
}

function parseInput(route: Route, request: FastifyRequest) {
  try {
    return validate(route.endpoint, request.body, request.query)
  } catch (error) {
    throw route.onInvalid?.(request.body) ?? error
  }
}

function closed(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  return gone.signal
}

function lastEventId(request: FastifyRequest): string | null {
  const given = request.headers['last-event-id']
  return typeof given === 'string' ? given : null
}
