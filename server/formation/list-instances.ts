import type { Instance } from '../contract/formation.ts'
import type { AppId } from '../contract/ids.ts'
import type { Exit } from '../contract/nodes.ts'
import { nextTry } from '../domain/backoff.ts'
import { describeInstance } from '../domain/instance.ts'
import type { Sql } from '../store/db.ts'
import { formationOf } from '../store/formation.ts'
import { shownInstances } from '../store/instances.ts'

function exitOf(exit: Exit | null): Instance['exit'] {
  if (exit === null) return null
  const { code, signal, oom, tail } = exit
  return { code, signal, out_of_memory: oom, lines: tail }
}

/** What is there, and crashed ones that wait for their next try. */
export async function listInstances(sql: Sql, app: AppId): Promise<Instance[]> {
  const [rows, formation] = await Promise.all([shownInstances(sql, app), formationOf(sql, app)])
  return rows.map((row) => {
    const record = formation.find(({ type }) => type === row.type)
    const again =
      record === undefined || record.crashes === 0
        ? null
        : new Date(nextTry({ crashes: record.crashes, crashedAt: record.crashed_at }))
    const started = row.phase === 'intended' ? null : new Date(row.created_at).toISOString()
    const { id, type, release, restarts } = row
    return {
      id,
      name: `${type}.${row.number}`,
      type,
      release,
      restarts,
      started_at: started,
      exit: exitOf(row.exit),
      ...describeInstance(row, again),
    }
  })
}
