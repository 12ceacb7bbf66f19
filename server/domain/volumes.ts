/** Facts of an app's disks that decide how its instances follow each other. */
export interface AttachedTypes {
  readonly volumes: readonly { readonly type: string }[]
}

/**
 * Whether instances of the process type may only run one after the other: a volume has one writer, so the old instance
 * has to be gone before the new one begins. Pure.
 */
export const needsRecreate = ({ volumes }: AttachedTypes, type: string): boolean =>
  volumes.some((volume) => volume.type === type)

/** Why a process type cannot have so many instances; null if it can. */
export function refuseQuantity(app: AttachedTypes, type: string, quantity: number): string | null {
  if (quantity <= 1 || !needsRecreate(app, type)) return null
  return `${type} has a volume, which one instance at a time may write to, so it cannot have ${quantity} of them. Keep it at ${type}=1, or move what it stores elsewhere.`
}

/** 2048 → `2 GB`, 1500 → `1500 MB`. */
export const showSize = (mb: number): string => (mb % 1024 === 0 ? `${mb / 1024} GB` : `${mb} MB`)

/** The name of a snapshot that is taken now: `20261122-013000`, UTC. */
export const snapshotName = (now: number): string =>
  new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
