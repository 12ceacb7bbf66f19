import type { Context } from '../context.ts'
import type { AccountId, TeamId } from '../contract/ids.ts'
import type { Actor } from '../deploy/deploy.ts'
import { DomainError } from '../domain/errors.ts'
import { type AccountRow, insertAccount } from '../store/accounts.ts'
import { writeAudit } from '../store/audit.ts'
import type { Tx } from '../store/db.ts'
import { insertMembership, insertTeam } from '../store/teams.ts'
import { by } from './caller.ts'
import { hashPassword } from './password.ts'

export interface NewAccount {
  readonly email: string
  readonly name: string | null
  readonly password: string
  readonly platformAdmin: boolean
}

/** Makes an account and the team of its own, named by its e-mail address. Errors: name_taken. */
export async function createAccount(
  ctx: Pick<Context, 'db' | 'newId'>,
  actor: Actor | null,
  input: NewAccount,
): Promise<AccountRow> {
  const passwordHash = await hashPassword(input.password)
  return await ctx.db.transaction((tx) => addAccount(tx, ctx, actor, { ...input, passwordHash }))
}

export async function addAccount(
  tx: Tx,
  ctx: Pick<Context, 'newId'>,
  actor: Actor | null,
  input: Omit<NewAccount, 'password'> & { readonly passwordHash: string | null },
): Promise<AccountRow> {
  const email = input.email.trim().toLowerCase()
  const { name, passwordHash, platformAdmin } = input
  const row = await insertAccount(tx, {
    id: ctx.newId<AccountId>(),
    email,
    name,
    passwordHash,
    platformAdmin,
  })
  const team = ctx.newId<TeamId>()
  if (!(await insertTeam(tx, { id: team, name: email }))) {
    throw new DomainError('name_taken', `There is a team named ${email} already.`)
  }
  await insertMembership(tx, team, row.id, 'admin')
  const who = actor === null ? { actorId: null, actor: 'platform' } : by(actor)
  await writeAudit(tx, {
    ...who,
    action: 'account.create',
    target: email,
    detail: { account: row.id, platform_admin: platformAdmin },
  })
  return row
}
