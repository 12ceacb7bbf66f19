import type { IncomingMessage } from 'node:http'
import type { Reach } from '../domain/hostname.ts'
import { panelUrl } from '../domain/hostname.ts'

/** Origins from which a browser may change something: the panel's own, by each of its names. */
export function ownOrigins(reach: Reach): ReadonlySet<string> {
  const local = ['127.0.0.1', 'localhost', '[::1]'].map((host) => `http://${host}:${reach.panel}`)
  return new Set([panelUrl(reach), ...local])
}

/**
 * A browser names the page's origin with each request that changes something. Command lines send none; pages of
 * others, an app's included, are refused whatever token they hold.
 */
export function refuseOrigin(method: string, origin: string | undefined, own: ReadonlySet<string>): boolean {
  if (origin === undefined || method === 'GET' || method === 'HEAD') return false
  return !own.has(origin)
}

/**
 * A browser adds the session's cookie by itself, so what comes with it has to prove that one of the panel's own pages
 * asked: by its origin wherever something changes, and by never being a page of others that only reads. Apps below the
 * platform's domain are the same site, so SameSite alone would let them in.
 */
export function refuseCookie(
  method: string,
  headers: {
    readonly origin?: string | undefined
    readonly 'sec-fetch-site'?: string | string[] | undefined
  },
  own: ReadonlySet<string>,
): boolean {
  const { origin, 'sec-fetch-site': site } = headers
  if (origin !== undefined) return !own.has(origin)
  if (method !== 'GET' && method !== 'HEAD') return true
  return site !== undefined && site !== 'same-origin' && site !== 'none'
}

/** The client's address. @param routed behind the platform's own router, which adds it as the last of its header */
export function addressOf(
  { headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>,
  routed: boolean,
): string {
  const direct = socket.remoteAddress ?? ''
  if (!routed || !/^(::ffff:)?127\.|^::1$/.test(direct)) return direct
  return (
    String(headers['x-forwarded-for'] ?? '')
      .split(',')
      .at(-1)
      ?.trim() || direct
  )
}

export function securityHeaders(reach: Reach): Readonly<Record<string, string>> {
  return {
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-store',
    ...(reach.domain === null ? {} : { 'Strict-Transport-Security': 'max-age=31536000' }),
  }
}
