import type { Context } from '../context.ts'
import type { AccountId } from '../contract/ids.ts'
import { DomainError } from '../domain/errors.ts'
import { type AccountRow, findAccount } from '../store/accounts.ts'
import { type TeamRow, teamsOf } from '../store/teams.ts'
import type { Caller } from './caller.ts'

/** Errors: unauthorized, when the account went away since it was authenticated. */
export async function whoami(
  ctx: Pick<Context, 'db'>,
  caller: Caller,
): Promise<{ account: AccountRow; teams: TeamRow[] }> {
  const [account, teams] = await Promise.all([
    findAccount(ctx.db, caller.account),
    teamsOf(ctx.db, caller.account),
  ])
  if (account === null) throw new DomainError('unauthorized', 'The account is gone.')
  return { account, teams }
}

/** An account's teams, its own first. */
export const teamsFor = (ctx: Pick<Context, 'db'>, account: AccountId): Promise<TeamRow[]> =>
  teamsOf(ctx.db, account)
