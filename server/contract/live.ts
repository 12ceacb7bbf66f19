import { z } from 'zod'
import { ERROR_CODES, type ErrorCode } from './errors.ts'
import { AppId } from './ids.ts'
import { LogLine } from './logs.ts'
import { BuildLogLine } from './releases.ts'

/**
 * What pages are told without asking: socket.io at this path, on the panel's own port. A connection is let in by the
 * session's cookie and the panel's own origin. It never carries what an app or an account holds, log lines excepted:
 * `changed` says that something did, and the page asks for it again by REST.
 *
 * After a cut a page watches again, asks again for what it shows, and follows its logs `after` its last line.
 */
export const LIVE_PATH = '/socket.io'

/** What may have changed of an app, each named as what is asked again. */
export const AppTopic = z.enum([
  'app',
  'builds',
  'releases',
  'deployments',
  'instances',
  'formation',
  'config-vars',
  'domains',
])
export type AppTopic = z.infer<typeof AppTopic>

/** Of the own account: its teams (and so the list of apps), its sessions. `all`: notices may have been lost. */
export const AccountTopic = z.enum(['account', 'sessions', 'all'])
export type AccountTopic = z.infer<typeof AccountTopic>

/** By name or id. */
const AppRef = z.string().min(1).max(200)

export const Refused = z.object({
  ok: z.literal(false),
  id: z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]),
  message: z.string(),
})
export type Refused = z.infer<typeof Refused>

/** A connection follows this many logs at once, and watches this many apps. */
export const MAX_STREAMS = 8
export const MAX_WATCHED = 50

export const StreamSource = z.discriminatedUnion('kind', [
  /** Ends when the build and its rollout did. */
  z.object({ kind: z.literal('build-log'), app: AppRef, build: z.uuid() }),
  /** Ends when the app is destroyed. */
  z.object({
    kind: z.literal('log'),
    app: AppRef,
    /** `web` takes `web.1` too. */
    process: z.string().max(70).optional(),
    source: z.enum(['app', 'skypanel']).optional(),
  }),
])
export type StreamSource = z.infer<typeof StreamSource>

export const Follow = z.object({
  stream: StreamSource,
  /** Goes on after the line of this number; null: begins with the last `lines`. */
  after: z.number().int().min(0).nullable(),
  lines: z.number().int().min(0).max(10_000).default(1000),
})

/** What a page may send; each is answered once, by the acknowledgement. */
export const liveRequests = {
  /** From now on `changed` tells of this app. Whoever may not see it is told that it does not exist. */
  watch: {
    request: z.object({ app: AppRef }),
    reply: z.discriminatedUnion('ok', [z.object({ ok: z.literal(true), app: AppId }), Refused]),
  },
  unwatch: {
    request: z.object({ app: AppRef }),
    reply: z.discriminatedUnion('ok', [z.object({ ok: z.literal(true) }), Refused]),
  },
  /** Lines come as `lines` events with this stream's id, which is good for this connection only. */
  follow: {
    request: Follow,
    reply: z.discriminatedUnion('ok', [z.object({ ok: z.literal(true), stream: z.string() }), Refused]),
  },
  unfollow: {
    request: z.object({ stream: z.string().max(40) }),
    reply: z.discriminatedUnion('ok', [z.object({ ok: z.literal(true) }), Refused]),
  },
} as const

/** What the server sends without being asked. */
export const liveEvents = {
  /** First after each connection. Pages of another version than this one had better be loaded again. */
  welcome: z.object({ version: z.string() }),
  /**
   * Ask again for what you show of it. `app` of watched apps comes with every topic, of all other apps of the own
   * teams (made and destroyed ones as well) with `app` alone; null is the own account.
   */
  changed: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('app'), app: AppId, topics: z.array(AppTopic).min(1) }),
    z.object({ kind: z.literal('account'), topics: z.array(AccountTopic).min(1) }),
  ]),
  /**
   * Lines in order, gathered for 50 ms at most. Who acknowledges slowly is sent larger parts less often; none is left
   * out. The acknowledgement (no value) says that more may come, and may wait for as long as the page is hidden.
   */
  lines: z.object({
    stream: z.string(),
    lines: z
      .array(z.union([LogLine, BuildLogLine]))
      .min(1)
      .max(2000),
  }),
  /** Nothing more comes. `error`: it broke off; follow it again after the last line. */
  ended: z.object({
    stream: z.string(),
    error: z.object({ id: z.string(), message: z.string() }).nullable(),
  }),
  /** The session ended; the connection closes after this and is not to be made again. */
  revoked: z.object({}),
} as const

export type LiveRequests = typeof liveRequests
export type LiveEvents = typeof liveEvents

/** socket.io's type parameters: `Socket<ServerToClient, ClientToServer>` in a browser. */
export type ClientToServer = {
  [Name in keyof LiveRequests]: (
    request: z.input<LiveRequests[Name]['request']>,
    acknowledge: (reply: z.infer<LiveRequests[Name]['reply']>) => void,
  ) => void
}
export type ServerToClient = {
  [Name in Exclude<keyof LiveEvents, 'lines'>]: (event: z.infer<LiveEvents[Name]>) => void
} & { lines: (event: z.infer<LiveEvents['lines']>, acknowledge: () => void) => void }

/**
 * `data` of the error with which a connection is refused (`connect_error`); such a page is not to come back by itself.
 * Faults of the platform cut the connection instead, which is made again.
 */
export const ConnectRefusal = z.object({ id: z.string(), message: z.string() })
