import type { CronEntry } from '../../buildpacks/plan.ts'
import type { AppId, InstanceId } from '../contract/ids.ts'
import type { DeployContext } from '../deploy/deploy-context.ts'
import { runContext } from '../deploy/instance-spec.ts'
import { DEFAULT_SIZE, sizeName } from '../domain/sizes.ts'
import { refusalOf } from '../nodes/room.ts'
import { insertCronRun, nameCronRun, openCronRun, type Scheduled } from '../store/cron.ts'
import type { Tx } from '../store/db.ts'
import { insertInstance } from '../store/instances.ts'

export const sizeOf = ({ size }: Pick<CronEntry, 'size'>): string =>
  (size === null ? null : sizeName(size)) ?? DEFAULT_SIZE

type Started =
  | { readonly outcome: 'started'; readonly process: string }
  | { readonly outcome: 'skipped'; readonly reason: string }
  /** Somebody else has dealt with this due time. */
  | { readonly outcome: 'taken' }

/**
 * Starts an entry for one due time, if nothing speaks against it; either way the time has its row then. The caller holds
 * the app's row, so that of two servers one finds the row of the other.
 */
export async function startEntry(
  ctx: Pick<DeployContext, 'newId' | 'seal' | 'settings'>,
  tx: Tx,
  app: Scheduled,
  entry: CronEntry,
  due: number,
): Promise<Started> {
  const reason = await whyNot(ctx, tx, app.id, entry)
  const outcome = reason === null ? 'started' : 'skipped'
  if (!(await insertCronRun(tx, { app: app.id, entry: entry.name, due, outcome, reason })))
    return { outcome: 'taken' }
  if (reason !== null) return { outcome: 'skipped', reason }
  const id = ctx.newId<InstanceId>()
  const env = ctx.seal.seal(JSON.stringify({}), runContext(app.id, id)).toString('base64')
  const number = await insertInstance(tx, {
    id,
    app: app.id,
    release: app.release_id,
    deployment: null,
    type: 'cron',
    kind: 'run',
    generation: 0,
    command: entry.command,
    run: { pty: null, attach: false, env, size: sizeOf(entry), cron: entry.name },
  })
  await nameCronRun(tx, app.id, entry.name, due, id)
  return { outcome: 'started', process: `cron.${number}` }
}

async function whyNot(
  ctx: Pick<DeployContext, 'settings'>,
  tx: Tx,
  app: AppId,
  entry: CronEntry,
): Promise<string | null> {
  const open = entry.overlap === 'allow' ? null : await openCronRun(tx, app, entry.name)
  if (open !== null) return `the run before, ${open}, still goes on`
  return refusalOf(tx, ctx.settings, { size: sizeOf(entry), count: 1 })
}
