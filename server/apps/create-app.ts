import { randomInt } from 'node:crypto'
import { by, type Caller } from '../accounts/caller.ts'
import type { Context } from '../context.ts'
import type { AppId, TeamId } from '../contract/ids.ts'
import { makeName, refuseName } from '../domain/app-names.ts'
import { DomainError } from '../domain/errors.ts'
import { type AppRow, findApp, insertApp } from '../store/apps.ts'
import { writeAudit } from '../store/audit.ts'
import type { Tx } from '../store/db.ts'
import { teamsOf } from '../store/teams.ts'

/** What apps are built and run on unless they say otherwise. */
const STACK = 'skypanel-13'
const ATTEMPTS = 10

/** Errors: name_invalid, name_taken, not_found (the team). */
export async function createApp(
  ctx: Pick<Context, 'db' | 'newId'>,
  caller: Caller,
  input: { readonly name?: string | undefined; readonly team?: string | undefined },
): Promise<AppRow> {
  const refusal = input.name === undefined ? null : refuseName(input.name)
  if (refusal !== null) throw new DomainError('name_invalid', refusal)
  return await ctx.db.transaction(async (tx) => {
    const team = await teamFor(tx, caller, input.team)
    const id = ctx.newId<AppId>()
    const name = await claimName(tx, { id, team: team.id, stack: STACK }, input.name)
    await writeAudit(tx, {
      ...by(caller),
      action: 'app.create',
      app: id,
      target: name,
      detail: { team: team.name },
    })
    const row = await findApp(tx, id)
    if (row === null) throw new Error(`the app ${name} is gone in the transaction that made it`)
    return row
  })
}

async function claimName(
  tx: Tx,
  app: { id: AppId; team: TeamId; stack: string },
  wanted: string | undefined,
): Promise<string> {
  if (wanted !== undefined) {
    if (await insertApp(tx, { ...app, name: wanted })) return wanted
    throw new DomainError('name_taken', `The name ${wanted} is taken. Choose another one.`)
  }
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const name = makeName([fraction(), fraction(), fraction()])
    if (await insertApp(tx, { ...app, name })) return name
  }
  throw new DomainError('name_taken', 'No free name was found. Give one yourself.')
}

const fraction = () => randomInt(2 ** 32) / 2 ** 32

/** Without a name: the caller's own. Teams of others are unknown. */
async function teamFor(
  tx: Tx,
  caller: Caller,
  name: string | undefined,
): Promise<{ id: TeamId; name: string }> {
  const teams = await teamsOf(tx, caller.account)
  const team = name === undefined ? teams[0] : teams.find((candidate) => candidate.name === name)
  if (team !== undefined) return team
  throw new DomainError(
    'not_found',
    name === undefined
      ? 'The account is in no team, so nobody would own the app.'
      : `You are in no team of that name. Yours: ${teams.map((candidate) => candidate.name).join(', ')}.`,
  )
}
