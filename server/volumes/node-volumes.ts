import type { AppId } from '../contract/ids.ts'
import type { NodeVolume, VolumeId } from '../contract/volumes.ts'
import { type NodeClient, NodeError } from '../deploy/node-client.ts'
import { DomainError, isDomainError } from '../domain/errors.ts'

/** ms: copying and checking a large disk takes a while. */
const PATIENCE = { timeout: 3_600_000 }

/** What the node does with volumes. Errors: disk_full, conflict (what the node refuses, in its words), node_unavailable. */
export interface NodeVolumes {
  /** Makes it or grows it; `live`: the size holds already, else from the next start. */
  make(app: AppId, volume: VolumeId, sizeMb: number): Promise<{ live: boolean }>
  /** null: the node does not answer. */
  list(app: AppId): Promise<NodeVolume[] | null>
  remove(app: AppId, volume: VolumeId): Promise<void>
  snapshot(app: AppId, volume: VolumeId, snapshot: string): Promise<void>
  restore(app: AppId, volume: VolumeId, snapshot: string): Promise<void>
  removeSnapshot(app: AppId, volume: VolumeId, snapshot: string): Promise<void>
}

export function createNodeVolumes({ node }: { readonly node: NodeClient }): NodeVolumes {
  return {
    make: (app, volume, sizeMb) => said(() => node.call('makeVolume', { app, volume, sizeMb }, PATIENCE)),
    async list(app) {
      try {
        return (await node.call('volumes', { app })).volumes
      } catch (error) {
        if (isDomainError(error, 'node_unavailable')) return null
        throw error
      }
    },
    remove: (app, volume) => done(() => node.call('removeVolume', { app, volume }, PATIENCE)),
    snapshot: (app, volume, snapshot) =>
      done(() => node.call('snapshotVolume', { app, volume, snapshot }, PATIENCE)),
    restore: (app, volume, snapshot) =>
      done(() => node.call('restoreVolume', { app, volume, snapshot }, PATIENCE)),
    removeSnapshot: (app, volume, snapshot) =>
      done(() => node.call('removeSnapshot', { app, volume, snapshot }, PATIENCE)),
  }
}

const done = async (work: () => Promise<unknown>): Promise<void> => void (await said(work))

async function said<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof NodeError)) throw error
    if (error.id === 'disk_full') throw new DomainError('disk_full', error.message)
    if (error.id === 'denied') throw new DomainError('conflict', error.message)
    if (error.id === 'not_available') throw new DomainError('not_available', error.message)
    throw error
  }
}
