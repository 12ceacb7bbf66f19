import { SnapshotName, volumeEndpoints } from '../../contract/volumes.ts'
import { DomainError } from '../../domain/errors.ts'
import { createVolume } from '../../volumes/create-volume.ts'
import { destroyVolume } from '../../volumes/destroy-volume.ts'
import { growVolume } from '../../volumes/grow-volume.ts'
import { listVolumes } from '../../volumes/list-volumes.ts'
import { removeSnapshot, restoreSnapshot, takeSnapshot } from '../../volumes/snapshots.ts'
import type { ApiDeps } from '../deps.ts'
import { answer, type RoutesOf } from '../route.ts'

/** A path names it, so it was parsed by nobody yet. */
function checked(snapshot: string): string {
  if (SnapshotName.safeParse(snapshot).success) return snapshot
  throw new DomainError(
    'not_found',
    'There is no snapshot of that name. See those there are: skypanel volumes',
  )
}

export const volumeRoutes = (deps: ApiDeps): RoutesOf<typeof volumeEndpoints> => {
  const { volumes } = deps.deploy
  return {
    list: answer(volumeEndpoints.list, ({ app }) => listVolumes(deps, volumes, app.id)),
    create: answer(volumeEndpoints.create, ({ caller, app, body }) =>
      createVolume(deps, volumes, caller, app.id, body),
    ),
    grow: answer(volumeEndpoints.grow, ({ caller, app, params, body }) =>
      growVolume(deps, volumes, caller, app.id, params.volume, body.size_mb),
    ),
    destroy: answer(volumeEndpoints.destroy, ({ caller, app, params, query }) =>
      destroyVolume(deps, volumes, caller, app.id, params.volume, query.confirm),
    ),
    snapshot: answer(volumeEndpoints.snapshot, ({ caller, app, params }) =>
      takeSnapshot(deps, volumes, caller, app.id, params.volume),
    ),
    restore: answer(volumeEndpoints.restore, ({ caller, app, params, query }) =>
      restoreSnapshot(deps, volumes, caller, app.id, {
        volume: params.volume,
        snapshot: checked(params.snapshot),
        confirm: query.confirm,
      }),
    ),
    removeSnapshot: answer(volumeEndpoints.removeSnapshot, ({ caller, app, params }) =>
      removeSnapshot(deps, volumes, caller, app.id, params.volume, checked(params.snapshot)),
    ),
  }
}
