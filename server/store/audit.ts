import type { AppId } from '../contract/ids.ts'
import type { Tx } from './db.ts'

export interface AuditLine {
  /** null: the platform itself, or somebody who is not logged in. */
  readonly actorId: string | null
  /** An e-mail address, or what the platform calls itself, e.g. `platform`. */
  readonly actor: string
  /** `app.create`, `config.change`, `token.revoke` … */
  readonly action: string
  readonly app?: AppId
  /** What it was done to, in people's words. */
  readonly target?: string
  /** Facts; never a value of a config var, a token or a password. */
  readonly detail?: Readonly<Record<string, unknown>>
}

/** Writes into the transaction of the change itself: either both are there or none. */
export async function writeAudit(tx: Tx, line: AuditLine): Promise<void> {
  await tx.query(
    'INSERT INTO audit (actor_id, actor, action, app_id, target, detail) VALUES ($1, $2, $3, $4, $5, $6)',
    [
      line.actorId,
      line.actor,
      line.action,
      line.app ?? null,
      line.target ?? null,
      JSON.stringify(line.detail ?? {}),
    ],
  )
}
