import type { AccountId, TeamId } from '../contract/ids.ts'
import type { TeamRole } from '../domain/permissions.ts'
import type { Sql, Tx } from './db.ts'

export interface TeamRow {
  readonly id: TeamId
  readonly name: string
  readonly role: TeamRole
}

/** false when the name is taken. */
export async function insertTeam(tx: Tx, team: { id: TeamId; name: string }): Promise<boolean> {
  const rows = await tx.query(
    'INSERT INTO teams (id, name) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING RETURNING id',
    [team.id, team.name],
  )
  return rows.length === 1
}

export async function insertMembership(
  tx: Tx,
  team: TeamId,
  account: AccountId,
  role: TeamRole,
): Promise<void> {
  await tx.query(
    'INSERT INTO memberships (team_id, account_id, role) VALUES ($1, $2, $3) ON CONFLICT (team_id, account_id) DO UPDATE SET role = excluded.role',
    [team, account, role],
  )
}

/** An account's teams, the oldest first: the first is its own. */
export async function teamsOf(sql: Sql, account: AccountId): Promise<TeamRow[]> {
  return await sql.query<TeamRow>(
    `SELECT teams.id, teams.name, memberships.role FROM memberships JOIN teams ON teams.id = memberships.team_id
      WHERE memberships.account_id = $1 ORDER BY memberships.created_at, teams.id`,
    [account],
  )
}
