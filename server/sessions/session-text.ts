import { randomBytes } from 'node:crypto'
import { SESSION_COOKIE } from '../contract/sessions.ts'

/** As tokens: 256 random bits behind a prefix that scanners find. */
export const makeSessionText = (): string => `sks_${randomBytes(32).toString('base64url')}`
export const makeLinkCode = (): string => `skl_${randomBytes(32).toString('base64url')}`
export const isLinkCode = (text: string): boolean => /^skl_[A-Za-z0-9_-]{43}$/.test(text)

const nameOf = (secure: boolean) => (secure ? SESSION_COOKIE.secure : SESSION_COOKIE.plain)

/** The session's secret in a Cookie header; null: none of ours. Of two of the same name neither is believed. */
export function sessionTextIn(header: string | undefined, secure: boolean): string | null {
  const prefix = `${nameOf(secure)}=`
  const found = (header ?? '')
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(prefix))
  const text = found.length === 1 ? (found[0] ?? '').slice(prefix.length) : ''
  return /^sks_[A-Za-z0-9_-]{43}$/.test(text) ? text : null
}

/**
 * The Set-Cookie header of a session, for as long as it may live at most: when it really ends is the server's to say.
 * @param text null takes the cookie away
 */
export function sessionCookie(text: string | null, secure: boolean, seconds: number): string {
  const life = text === null ? 0 : seconds
  const parts = [
    `${nameOf(secure)}=${text ?? ''}`,
    'Path=/',
    `Max-Age=${life}`,
    'HttpOnly',
    'SameSite=Strict',
  ]
  return [...parts, ...(secure ? ['Secure'] : [])].join('; ')
}
