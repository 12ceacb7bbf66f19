import { z } from 'zod'
import { OwnAccount } from './accounts.ts'
import { endpoint } from './endpoint.ts'
import { SessionId, Time } from './ids.ts'

/**
 * A browser that is signed in. Its secret lives in a cookie that no script can read and that the API and the live
 * connection alone accept; with it, whatever changes something has to come from the panel's own pages.
 */
export const Session = z.object({
  id: SessionId,
  created_at: Time,
  last_used_at: Time,
  /** Moves on with use: a session ends when it was not used for 30 days, and at last 180 days after it was made. */
  expires_at: Time,
  /** What the browser calls itself; as it came, so never to be trusted or shown unescaped. */
  user_agent: z.string(),
  /** From where it was made. */
  address: z.string(),
  current: z.boolean(),
})
export type Session = z.infer<typeof Session>

/** Who signed in, and where; the cookie comes with the reply. */
export const OpenedSession = z.object({ account: OwnAccount, session: Session })
export type OpenedSession = z.infer<typeof OpenedSession>

/** `https://…` panels take the first: browsers then let no other host or path set it. */
export const SESSION_COOKIE = { secure: '__Host-skypanel_session', plain: 'skypanel_session' } as const

/** The page that takes a one-time link's code from the address' fragment, which no server or log ever sees. */
export const WELCOME_PATH = '/welcome'

export const sessionEndpoints = {
  open: endpoint('POST', '/session', {
    access: 'public',
    summary: 'Sign a browser in with an e-mail address and a password; the reply sets a cookie.',
    body: z.object({ email: z.string().max(320), password: z.string().max(1024) }),
    reply: OpenedSession,
    status: 201,
  }),
  openByLink: endpoint('POST', '/session/link', {
    access: 'public',
    summary: 'Sign a browser in with the code of a one-time link; it works once and for 24 hours.',
    body: z.object({ code: z.string().max(200) }),
    reply: OpenedSession,
    status: 201,
  }),
  close: endpoint('DELETE', '/session', {
    access: 'account',
    summary: 'Sign this browser out: its session ends and the cookie goes.',
    reply: Session,
  }),
  list: endpoint('GET', '/account/sessions', {
    access: 'account',
    summary: 'The browsers that are signed in, the last used first.',
    reply: z.array(Session),
  }),
  revoke: endpoint('DELETE', '/account/sessions/:session', {
    access: 'account',
    summary: 'Sign a browser out from afar; its live connection is cut at once.',
    reply: Session,
  }),
} as const
