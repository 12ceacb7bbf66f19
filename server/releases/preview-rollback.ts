import { sealContext } from '../config-vars/read-config.ts'
import type { Context } from '../context.ts'
import type { AppId } from '../contract/ids.ts'
import type { RollbackPreview } from '../contract/releases.ts'
import { DomainError } from '../domain/errors.ts'
import { type Compared, previewRollback as compare } from '../domain/rollback-preview.ts'
import { formationOf } from '../store/formation.ts'
import { currentRelease, findRelease, type ReleaseRow, showRelease } from '../store/releases.ts'

/** What a rollback would change; changes nothing. Errors: no_release, release_not_found. */
export async function previewRollback(
  ctx: Pick<Context, 'db' | 'seal'>,
  app: AppId,
  version: number,
): Promise<RollbackPreview> {
  const { db } = ctx
  const now = await currentRelease(db, app)
  if (now === null) throw new DomainError('no_release', 'The app has no release yet. Push to make one.')
  const [old, shownNow, shownOld] = await Promise.all([
    findRelease(db, app, version),
    showRelease(db, app, now.version),
    showRelease(db, app, version),
  ])
  if (old === null)
    throw new DomainError(
      'release_not_found',
      `There is no release v${version}. List them with: skypanel releases`,
    )
  const compared = (row: ReleaseRow, commit: string | null | undefined): Compared => ({
    version: row.version,
    commit: commit ?? '',
    config: open(ctx, app, row.config),
    processTypes: row.process_types,
  })
  return compare(
    compared(now, shownNow?.commit),
    compared(old, shownOld?.commit),
    { now: await formationOf(db, app), old: old.formation },
    refusalOf(old, now),
  )
}

/** In the words of the rollback itself, which would refuse it. */
function refusalOf(old: ReleaseRow, now: ReleaseRow): string | null {
  if (old.state === 'failed' || old.state === 'pending') return `v${old.version} never went live.`
  if (old.collected) return `The build of v${old.version} is no longer kept. Push its commit again.`
  if (old.version === now.version) return `v${old.version} is the release that serves.`
  return null
}

function open(ctx: Pick<Context, 'seal'>, app: AppId, sealed: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(sealed).map(([name, text]) => [
      name,
      ctx.seal.open(Buffer.from(text, 'base64'), sealContext(app, name)),
    ]),
  )
}
