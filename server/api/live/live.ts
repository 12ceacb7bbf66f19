import type { IncomingMessage, Server as HttpServer } from 'node:http'
import { Server } from 'socket.io'
import { ERROR_CODES } from '../../contract/errors.ts'
import { type ClientToServer, LIVE_PATH, type ServerToClient } from '../../contract/live.ts'
import { DomainError } from '../../domain/errors.ts'
import { createGather } from '../../live/gather.ts'
import { type AppNews, type AppNotice, CHANGES, mergeNotices, readNotice } from '../../live/notices.ts'
import { identifySession } from '../../sessions/identify-session.ts'
import { sessionTextIn } from '../../sessions/session-text.ts'
import type { Walked } from '../endpoint-plugin.ts'
import { addressOf, refuseCookie, securityHeaders } from '../request-guard.ts'
import { accountRoom, appRoom, type LiveSocket, type SocketData, teamRoom } from './live-socket.ts'
import { recheck } from './recheck.ts'
import { answerRequests, refusalOf } from './requests.ts'

/** Notices of a moment are told together: a rollout changes a dozen rows in one go. */
const GATHER_MS = 50
/** How often every connection's session is looked at again, whatever was heard: sessions also just expire. */
const SWEEP_MS = 60_000
/** After a failed look. */
const RETRY_MS = 1_000
/** Requests of pages are names, ids and numbers. */
const MOST_BYTES = 16 * 1024
/** Of one account, in all its browsers. */
const MOST_CONNECTIONS = 500

export interface Live extends Disposable {
  /** Takes over the requests and upgrades below the live path. */
  attach(server: HttpServer): void
}

export const isLivePath = (url: string | undefined): boolean => url?.startsWith(`${LIVE_PATH}/`) === true

/** Tells signed-in pages what changed, and sends them the logs that they follow. */
export function createLive(deps: Walked, ending: AbortSignal): Live {
  const io = new Server<ClientToServer, ServerToClient, Record<string, never>, SocketData>({
    path: LIVE_PATH,
    serveClient: false,
    maxHttpBufferSize: MOST_BYTES,
    connectTimeout: 10_000,
    // Compressing each message would cost memory for each connection; log lines are short and mostly local.
    perMessageDeflate: false,
    httpCompression: false,
    allowRequest: (request, decided) =>
      decided(null, deps.addressLimit.take(addressOf(request, deps.secure)).allowed),
  })
  const all = () => [...io.of('/').sockets.values()]
  const later = createGather<null>(RETRY_MS, () => look(all()))

  /** News waits for the looks that began before it, so that nobody hears of what was taken back earlier. */
  let looking: Promise<unknown> = Promise.resolve()
  function look(sockets: readonly LiveSocket[]): void {
    const looked = recheck(deps, sockets).catch((error: unknown) => {
      deps.log.warn({ err: error }, 'live connections could not be looked at; trying it again')
      later.add(null)
    })
    looking = Promise.all([looking, looked])
  }

  const news = createGather<AppNotice>(GATHER_MS, (notices) => {
    const told = mergeNotices(notices)
    void looking.then(() => told.forEach(tell))
  })
  function tell({ app, topics, teams }: AppNews): void {
    io.to(appRoom(app)).emit('changed', { kind: 'app', app, topics })
    if (teams.length === 0) return
    const rooms = teams.map(teamRoom)
    io.to(rooms)
      .except(appRoom(app))
      .emit('changed', { kind: 'app', app, topics: ['app'] })
  }
  const unlisten = deps.db.listen(CHANGES, (payload) => {
    const notice = payload === null ? null : readNotice(payload)
    if (notice === null) {
      look(all())
      io.emit('changed', { kind: 'account', topics: ['all'] })
    } else if ('app' in notice) news.add(notice)
    else {
      look(all().filter(({ data }) => data.account === notice.account))
      io.to(accountRoom(notice.account)).emit('changed', { kind: 'account', topics: [notice.topic] })
    }
  })
  const sweep = setInterval(() => look(all()), SWEEP_MS)
  sweep.unref()

  io.use((socket, decided) => {
    admit(deps, socket).then(
      () => decided(),
      (error: unknown) => {
        const { id, message } = refusalOf(deps, error)
        // A refused page stays away; one that met a fault of ours is cut off, so that it comes back by itself.
        if (ERROR_CODES[id].fault === 'ours') socket.conn.close()
        else decided(Object.assign(new Error(message), { data: { id, message } }))
      },
    )
  })
  io.on('connection', (socket) => {
    answerRequests(deps, socket, ending)
    socket.on('disconnect', () => {
      for (const grant of [...socket.data.watches.values(), ...socket.data.streams.values()]) grant.end(null)
    })
    void socket.join(accountRoom(socket.data.account))
    // From here on notices reach it; what was revoked between its admission and now is seen by this look.
    recheck(deps, [socket]).then(
      () => socket.emit('welcome', { version: deps.config.version }),
      () => socket.conn.close(),
    )
  })

  async function admit({ db, log, secure }: Walked, socket: LiveSocket): Promise<void> {
    const text = sessionTextIn(socket.request.headers.cookie, secure)
    const identified = text === null ? null : await identifySession({ db, log }, text, null)
    const { credential, account } = identified?.caller ?? {}
    if (credential?.kind !== 'session' || account === undefined)
      throw new DomainError('unauthorized', 'The session is missing, expired or revoked. Sign in.')
    if (all().filter(({ data }) => data.account === account).length >= MOST_CONNECTIONS)
      throw new DomainError('rate_limited', 'This account has too many live connections. Close some pages.')
    Object.assign(socket.data, {
      account,
      session: credential.id,
      watches: new Map(),
      streams: new Map(),
    } satisfies SocketData)
  }

  return {
    attach(server) {
      // Upgrades of other paths are for attached runs, which may take their time.
      io.attach(server, { destroyUpgrade: false })
      const headers = securityHeaders(deps.config.reach)
      io.engine.on('headers', (sent: Record<string, string>) => Object.assign(sent, headers))
      io.engine.use(
        (
          request: IncomingMessage & { _query?: unknown },
          _response: unknown,
          next: (error?: Error) => void,
        ) => {
          // An upgrade acts on what it reaches, as a POST does.
          const method = request.headers.upgrade === undefined ? (request.method ?? 'GET') : 'POST'
          next(
            refuseCookie(method, request.headers, deps.origins)
              ? new Error('not from a page of the panel')
              : undefined,
          )
        },
      )
    },
    [Symbol.dispose]() {
      unlisten()
      clearInterval(sweep)
      news[Symbol.dispose]()
      later[Symbol.dispose]()
      // Cuts the connections instead of ending them, so that pages come back by themselves.
      io.engine.close()
    },
  }
}
