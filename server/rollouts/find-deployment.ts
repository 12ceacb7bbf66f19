import type { AppId } from '../contract/ids.ts'
import type { Deployment } from '../contract/releases.ts'
import { DomainError } from '../domain/errors.ts'
import type { Tx } from '../store/db.ts'
import {
  type DeploymentRow,
  findOpenDeployment,
  getDeployment,
  showDeployment,
} from '../store/deployments.ts'

/** The deployment that is meant, if it has not ended. `current`: the one that goes on. Errors: not_found, conflict. */
export async function findOpen(tx: Tx, app: AppId, id: string): Promise<DeploymentRow> {
  if (id === 'current') {
    const row = await findOpenDeployment(tx, app)
    if (row === null) throw new DomainError('conflict', 'Nothing is being deployed right now.')
    return row
  }
  const shown = await showDeployment(tx, app, id)
  const row = shown === null ? null : await getDeployment(tx, shown.id)
  if (row === null)
    throw new DomainError('not_found', 'There is no such deployment. List them with: skypanel deploys')
  if (row.state !== 'queued' && row.state !== 'running')
    throw new DomainError('conflict', `The deployment has ended already (${row.state}).`)
  return row
}

/** Of a deployment whose release is being rolled out. */
export async function findRolling(tx: Tx, app: AppId, id: string): Promise<DeploymentRow> {
  const row = await findOpen(tx, app, id)
  if (!row.rolling)
    throw new DomainError(
      'conflict',
      'Its instances are not being rolled out just now. To give it up: skypanel deploys:abort',
    )
  return row
}

export async function shown(tx: Tx, app: AppId, { id }: DeploymentRow): Promise<Deployment> {
  const deployment = await showDeployment(tx, app, id)
  if (deployment === null) throw new Error(`deployment ${id} is gone`)
  return deployment
}
