import type { ReleaseEvent } from '../contract/deploys.ts'
import type { AppId } from '../contract/ids.ts'
import { DomainError } from '../domain/errors.ts'
import { explainEvent } from '../domain/explain.ts'
import type { Sql } from '../store/db.ts'
import { releaseJournal } from '../store/deployments.ts'
import { findRelease } from '../store/releases.ts'

/** What was decided and done for a release; the oldest first. Errors: release_not_found. */
export async function listEvents(sql: Sql, app: AppId, version: number): Promise<ReleaseEvent[]> {
  const release = await findRelease(sql, app, version)
  if (release === null)
    throw new DomainError(
      'release_not_found',
      `There is no release v${version}. List them with: skypanel releases`,
    )
  return (await releaseJournal(sql, release.id)).flatMap(({ at, step, detail }) => {
    const text = explainEvent(step, detail)
    return text === null ? [] : [{ at, step, text }]
  })
}
