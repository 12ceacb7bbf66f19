import type { z } from 'zod'
import type { IssuedToken } from '../../accounts/login.ts'
import type { Account, NewToken, OwnAccount, Team, Token } from '../../contract/accounts.ts'
import type { TokenId } from '../../contract/ids.ts'
import type { whoami } from '../../accounts/whoami.ts'

type Known = Awaited<ReturnType<typeof whoami>>

export const presentAccount = (row: Known['account']): Account => ({
  id: row.id,
  email: row.email,
  name: row.name,
  platform_admin: row.platform_admin,
  has_password: row.has_password,
  created_at: row.created_at,
})

export const presentTeam = (row: Known['teams'][number]): z.infer<typeof Team> => ({
  id: row.id,
  name: row.name,
  role: row.role,
})

export const presentOwnAccount = (account: Known['account'], teams: Known['teams']): OwnAccount => ({
  ...presentAccount(account),
  teams: teams.map(presentTeam),
})

/** @param current the token that the request came with */
export const presentToken = (row: IssuedToken['row'], current: TokenId | null): z.infer<typeof Token> => ({
  id: row.id,
  label: row.label,
  created_at: row.created_at,
  expires_at: row.expires_at,
  last_used_at: row.last_used_at,
  current: row.id === current,
})

/** The only one that shows a token's text. */
export const presentNewToken = (issued: IssuedToken, current: TokenId | null): z.infer<typeof NewToken> => ({
  ...presentToken(issued.row, current),
  token: issued.text,
})
