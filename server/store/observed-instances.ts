import type { AppId, InstanceId } from '../contract/ids.ts'
import type { Exit, ObservedInstance } from '../contract/nodes.ts'
import type { Tx } from './db.ts'
import { databaseNow, type InstanceRow, type Phase } from './instances.ts'

/** An instance that is no longer what it was. */
export interface Change {
  readonly app: AppId
  readonly type: string
  readonly number: number
  readonly kind: InstanceRow['kind']
  readonly phase: Phase
  readonly before: InstanceRow['status']
  readonly status: NonNullable<InstanceRow['status']>
  readonly was_unready: string | null
  readonly unready: string | null
  readonly exit: Exit | null
}

export interface Changes {
  /** Apps of which an instance changed. */
  readonly apps: readonly AppId[]
  /** What the node told of. */
  readonly told: readonly Change[]
  /** Instances of the node that no row knows: left over from something that was undone. */
  readonly strangers: readonly InstanceId[]
  /** The database's clock, ms since the epoch. */
  readonly now: number
}

/**
 * Takes over what a node sees of all of its instances. One that it should have and has not is lost; `asked` is the
 * database's time at which the node was asked, as an instance that was started meanwhile need not be in its answer.
 */
export async function observeInstances(
  tx: Tx,
  seen: readonly ObservedInstance[],
  asked: number,
): Promise<Changes> {
  const changed = await tx.query<Change>(
    `WITH seen AS (
       SELECT * FROM jsonb_to_recordset($1) AS one (id uuid, status text, address text, exit jsonb, unready text)
     ), old AS (SELECT instances.id, instances.status, instances.unready FROM instances JOIN seen USING (id))
     UPDATE instances SET status = seen.status, status_since = now(), address = coalesce(seen.address, instances.address), exit = seen.exit,
        unready = seen.unready,
        ready_at = CASE WHEN seen.status = 'ready' THEN coalesce(instances.ready_at, now()) ELSE instances.ready_at END
       FROM seen JOIN old USING (id) WHERE instances.id = seen.id AND instances.phase <> 'ended'
        AND (instances.status, instances.unready) IS DISTINCT FROM (seen.status, seen.unready)
        AND instances.status IS DISTINCT FROM 'exited'
     RETURNING instances.app_id AS app, instances.type, instances.number, instances.kind, instances.phase, old.status AS before,
        instances.status, old.unready AS was_unready, instances.unready, instances.exit`,
    [
      JSON.stringify(
        seen.map(({ id, address, state }) => ({
          id,
          address,
          status: state.status,
          unready: 'unready' in state ? (state.unready ?? null) : null,
          exit: state.status === 'exited' ? state.exit : null,
        })),
      ),
    ],
  )
  const ids = seen.map(({ id }) => id)
  const lost = await tx.query<{ app_id: AppId }>(
    `UPDATE instances SET status = 'exited', status_since = now(), exit = $2
      WHERE phase IN ('started', 'draining', 'stopping') AND NOT id::text = ANY($1) AND status IS DISTINCT FROM 'exited'
        AND phase_since < to_timestamp($3::float8 / 1000) RETURNING app_id`,
    [ids, JSON.stringify(LOST), asked],
  )
  const strangers = await tx.query<{ id: InstanceId }>(
    `SELECT id::text FROM unnest($1::uuid[]) AS id WHERE NOT EXISTS (SELECT FROM instances WHERE instances.id = id.id AND phase <> 'ended')`,
    [ids],
  )
  return {
    apps: [...new Set([...changed.map(({ app }) => app), ...lost.map(({ app_id }) => app_id)])],
    told: changed,
    strangers: strangers.map(({ id }) => id),
    now: await databaseNow(tx),
  }
}

const LOST: Exit = {
  code: null,
  signal: null,
  oom: false,
  reason: 'lost',
  message: 'Lost: its node knows nothing of it any more',
  tail: [],
}
