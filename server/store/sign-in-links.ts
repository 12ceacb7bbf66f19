import type { AccountId } from '../contract/ids.ts'
import type { Tx } from './db.ts'

/** The account's only one: earlier links end. Gives its end. */
export async function replaceLink(
  tx: Tx,
  link: { readonly account: AccountId; readonly hash: Buffer; readonly seconds: number },
): Promise<string> {
  await deleteLinks(tx, link.account)
  const [row] = await tx.query<{ expires_at: string }>(
    `INSERT INTO sign_in_links (hash, account_id, expires_at) VALUES ($1, $2, now() + make_interval(secs => $3))
     RETURNING expires_at`,
    [link.hash, link.account, link.seconds],
  )
  if (row === undefined) throw new Error('an insert returned no row')
  return row.expires_at
}

/** Takes a link away and says whose it was; null when there is none, or none any more. */
export async function takeLink(tx: Tx, hash: Buffer): Promise<AccountId | null> {
  const [row] = await tx.query<{ account_id: AccountId; good: boolean }>(
    'DELETE FROM sign_in_links WHERE hash = $1 RETURNING account_id, expires_at > now() AS good',
    [hash],
  )
  return row?.good === true ? row.account_id : null
}

export async function deleteLinks(tx: Tx, account: AccountId): Promise<void> {
  await tx.query('DELETE FROM sign_in_links WHERE account_id = $1', [account])
}
