import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import { authorise } from '../../accounts/authorise.ts'
import type { AppId } from '../../contract/ids.ts'
import { type Follow, liveRequests, MAX_STREAMS, MAX_WATCHED, type Refused } from '../../contract/live.ts'
import { releaseEndpoints } from '../../contract/releases.ts'
import { type Bucket, type Rate, take } from '../../domain/rate.ts'
import { DomainError } from '../../domain/errors.ts'
import { openStream } from '../../live/open-stream.ts'
import { pump } from '../../live/pump.ts'
import { identifyConnection } from '../../sessions/identify-session.ts'
import type { ApiDeps } from '../deps.ts'
import { failureOf } from '../errors.ts'
import { appRoom, type Grant, type LiveSocket } from './live-socket.ts'

/** Of one connection; opening a page asks a handful. */
const RATE: Rate = { burst: 60, perSecond: 10 }
type Name = keyof typeof liveRequests
type Replies = { [N in Name]: z.infer<(typeof liveRequests)[N]['reply']> }
type Asked = { [N in Name]: z.output<(typeof liveRequests)[N]['request']> }

/** The app, if this connection's session may see it at this moment. Errors: unauthorized, app_not_found. */
export async function allowed(deps: Pick<ApiDeps, 'db'>, socket: LiveSocket, ref: string): Promise<AppId> {
  const identified = await identifyConnection(deps, socket.data.session, ref)
  const app = authorise(releaseEndpoints.buildLog.access, identified, ref)
  if (app === null) throw new Error('a rule of an app was decided without one')
  return app.id
}

/** Answers what a page may ask for; see contract/live.ts. */
export function answerRequests(deps: ApiDeps, socket: LiveSocket, ending: AbortSignal): void {
  const { watches, streams } = socket.data
  const asked: { [N in Name]: (request: Asked[N]) => Promise<Replies[N]> } = {
    async watch({ app: ref }) {
      if (watches.size >= MAX_WATCHED && !watches.has(ref))
        throw new DomainError('conflict', `A page watches ${MAX_WATCHED} apps at most.`)
      // Asked twice (a page that came back while its first question was on its way), it is the same room.
      const known = watches.get(ref)
      if (known?.app != null) return { ok: true, app: known.app }
      known?.end(null)
      const grant: Grant = {
        ref,
        app: null,
        ended: false,
        end() {
          grant.ended = true
          if (watches.get(ref) === grant) watches.delete(ref)
          const shared = [...watches.values()].some(({ app }) => app !== null && app === grant.app)
          if (grant.app !== null && !shared) void socket.leave(appRoom(grant.app))
        },
      }
      watches.set(ref, grant)
      const app = await grantApp(deps, socket, grant)
      await socket.join(appRoom(app))
      return { ok: true, app }
    },
    async unwatch({ app: ref }) {
      watches.get(ref)?.end(null)
      return { ok: true }
    },
    async follow(request) {
      if (streams.size >= MAX_STREAMS)
        throw new DomainError('conflict', `A page follows ${MAX_STREAMS} logs at most.`)
      const gone = new AbortController()
      const stream = randomUUID()
      const grant: Grant = {
        ref: request.stream.app,
        app: null,
        ended: false,
        end(told) {
          grant.ended = true
          gone.abort()
          if (streams.delete(stream) && told !== null) socket.emit('ended', { stream, error: told })
        },
      }
      streams.set(stream, grant)
      const app = await grantApp(deps, socket, grant)
      const signal = AbortSignal.any([gone.signal, ending])
      // The page learns the stream's id before its first line.
      setImmediate(() => void send(deps, socket, { stream, app, request, grant, signal }))
      return { ok: true, stream }
    },
    async unfollow({ stream }) {
      streams.get(stream)?.end(null)
      return { ok: true }
    },
  }

  let bucket: Bucket | undefined
  const listen = <N extends Name>(name: N) => {
    const answer = async (input: unknown): Promise<Replies[N] | Refused> => {
      const taken = take(bucket, RATE, performance.now())
      bucket = taken.bucket
      try {
        if (!taken.allowed) throw new DomainError('rate_limited', 'Too many requests on one connection.')
        const parsed = liveRequests[name].request.safeParse(input)
        if (!parsed.success)
          throw new DomainError('invalid_params', `What ${name} was asked with is not valid.`)
        return await asked[name](parsed.data as Asked[N])
      } catch (error) {
        return refusalOf(deps, error)
      }
    }
    const listener = (input: unknown, acknowledge?: unknown) =>
      void answer(input).then((reply) => {
        if (typeof acknowledge === 'function') (acknowledge as (reply: unknown) => void)(reply)
      })
    // A browser may send anything, so this listener takes anything; the contract's types are those of honest pages.
    ;(socket as { on(name: string, heard: typeof listener): unknown }).on(name, listener)
  }
  for (const name of Object.keys(liveRequests) as Name[]) listen(name)
}

async function grantApp(deps: ApiDeps, socket: LiveSocket, grant: Grant): Promise<AppId> {
  try {
    const app = await allowed(deps, socket, grant.ref)
    if (grant.ended || !socket.connected)
      throw new DomainError('app_not_found', 'It was taken back before it was given.')
    grant.app = app
    return app
  } catch (error) {
    grant.end(null)
    throw error
  }
}

interface Sending {
  readonly stream: string
  readonly app: AppId
  readonly request: z.output<typeof Follow>
  readonly grant: Grant
  readonly signal: AbortSignal
}

async function send(deps: ApiDeps, socket: LiveSocket, { stream, app, request, grant, signal }: Sending) {
  try {
    const source = await openStream(deps, app, request, signal)
    await pump(
      source,
      async (lines) => {
        const quiet = new AbortController()
        const taken = socket.emitWithAck('lines', { stream, lines })
        // A page may take its time (hidden ones do); one that is gone ends its streams by the signal.
        await Promise.race([taken, untilAborted(signal, quiet.signal)]).finally(() => quiet.abort())
      },
      signal,
    )
    if (!signal.aborted) socket.emit('ended', { stream, error: null })
  } catch (error) {
    if (!signal.aborted) socket.emit('ended', { stream, error: refusalOf(deps, error) })
  } finally {
    grant.end(null)
  }
}

const untilAborted = (signal: AbortSignal, quiet: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true, signal: quiet })
  })

export function refusalOf(deps: Pick<ApiDeps, 'log'>, error: unknown): Refused {
  const { code, body, ours } = failureOf(error, '-')
  if (ours) deps.log.error({ err: error }, 'a request of a live connection failed')
  return { ok: false, id: code, message: body.message }
}
