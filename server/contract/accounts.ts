import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { AccountId, TeamId, Time, TokenId } from './ids.ts'

export const Account = z.object({
  id: AccountId,
  email: z.string(),
  name: z.string().nullable(),
  platform_admin: z.boolean(),
  /** False until one is set: who came by a one-time link has none, and cannot sign in again without. */
  has_password: z.boolean(),
  created_at: Time,
})
export type Account = z.infer<typeof Account>

export const Team = z.object({ id: TeamId, name: z.string(), role: z.enum(['admin', 'member']) })

/** An account as it sees itself. */
export const OwnAccount = Account.extend({ teams: z.array(Team) })
export type OwnAccount = z.infer<typeof OwnAccount>

export const Token = z.object({
  id: TokenId,
  label: z.string(),
  created_at: Time,
  expires_at: Time.nullable(),
  last_used_at: Time.nullable(),
  current: z.boolean(),
})

/** The only reply that ever holds a token's text; afterwards only its hash exists. */
export const NewToken = Token.extend({ token: z.string() })

export const accountEndpoints = {
  login: endpoint('POST', '/login', {
    access: 'public',
    summary: 'Exchange an e-mail address and a password for a token.',
    body: z.object({
      email: z.string().max(320),
      password: z.string().max(1024),
      label: z.string().max(100).default('cli'),
    }),
    reply: NewToken,
    status: 201,
  }),
  whoami: endpoint('GET', '/account', {
    access: 'account',
    summary: 'The account that the token or session belongs to.',
    reply: OwnAccount,
  }),
  setPassword: endpoint('PUT', '/account/password', {
    access: 'account',
    summary: 'Set the own password; every other token and session is revoked, unless it is the first one.',
    body: z.object({ password: z.string().min(10).max(1024) }),
    reply: Account,
  }),
  listTokens: endpoint('GET', '/account/tokens', {
    access: 'account',
    summary: 'The own tokens, without their text.',
    reply: z.array(Token),
  }),
  createToken: endpoint('POST', '/account/tokens', {
    access: 'account',
    summary: 'Make a token for a script or a pipeline.',
    body: z.object({
      label: z.string().min(1).max(100),
      expires_in: z.number().int().positive().max(31_536_000).optional(),
    }),
    reply: NewToken,
    status: 201,
  }),
  revokeToken: endpoint('DELETE', '/account/tokens/:token', {
    access: 'account',
    summary: 'Revoke a token at once.',
    reply: Token,
  }),
  createAccount: endpoint('POST', '/accounts', {
    access: 'platform:admin',
    summary: 'Make an account with a team of its own.',
    body: z.object({
      email: z.email().max(320),
      name: z.string().max(100).optional(),
      password: z.string().min(10).max(1024),
    }),
    reply: Account,
    status: 201,
  }),
} as const
