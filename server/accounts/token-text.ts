import { createHash, randomBytes } from 'node:crypto'

/** 256 random bits; the prefix lets scanners find one that was committed somewhere. */
export const makeTokenText = (): string => `skp_${randomBytes(32).toString('base64url')}`

/** What is stored. A plain hash is enough, as nobody can guess 256 bits. */
export const hashToken = (text: string): Buffer => createHash('sha256').update(text).digest()

/**
 * The token in an Authorization header: `Bearer <token>`, or `Basic` with any user name and the token as password, as
 * git sends it. null: none, or no token of ours.
 */
export function tokenIn(header: string | undefined): string | null {
  if (header === undefined) return null
  const [, scheme = '', value = ''] = /^(Bearer|Basic) +([^ ]+) *$/i.exec(header) ?? []
  const text = scheme.toLowerCase() === 'basic' ? passwordOf(value) : value
  return /^skp_[A-Za-z0-9_-]{43}$/.test(text) ? text : null
}

function passwordOf(credentials: string): string {
  const text = Buffer.from(credentials, 'base64').toString('utf8')
  return text.slice(text.indexOf(':') + 1)
}
