import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { ProcessType, Time } from './ids.ts'

export const VolumeId = z.uuid().brand<'VolumeId'>()
export type VolumeId = z.infer<typeof VolumeId>

export const VolumeName = z
  .string()
  .regex(
    /^[a-z](?:[a-z0-9-]{0,28}[a-z0-9])?$/,
    'must be up to 30 lower-case letters, digits and inner hyphens',
  )

/** Below /app, where every app may write; written so that it can stand in any mount option. */
export const MountPath = z
  .string()
  .max(200)
  .regex(
    /^\/app(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._-]+)+$/,
    'must be a folder below /app, e.g. /app/data, of letters, digits, dots, hyphens and underscores',
  )

/** When it was taken, UTC: `20261122-013000`. */
export const SnapshotName = z.string().regex(/^\d{8}-\d{6}$/)

export const MIN_VOLUME_MB = 16
export const MAX_VOLUME_MB = 16 * 1024 * 1024
const SizeMb = z.number().int().min(MIN_VOLUME_MB).max(MAX_VOLUME_MB)

/** A volume in the order to start an instance. */
export const VolumeMount = z.object({ id: VolumeId, name: VolumeName, mount: MountPath })
export type VolumeMount = z.infer<typeof VolumeMount>

/** A volume as its node sees it; times are ms. */
export const NodeVolume = z.object({
  volume: VolumeId,
  sizeMb: z.number().int(),
  /** Megabytes of the disk that it takes, its snapshots not counted. */
  diskMb: z.number().int(),
  /** Name of the instance that has it. */
  attached: z.string().nullable(),
  snapshots: z.array(z.object({ name: SnapshotName, mb: z.number().int() })),
})
export type NodeVolume = z.infer<typeof NodeVolume>

export const Volume = z.object({
  id: VolumeId,
  name: VolumeName,
  type: ProcessType,
  mount: z.string(),
  size_mb: z.number().int(),
  created_at: Time,
  /** Name of the instance that has it; null: none, or the node does not answer. */
  attached: z.string().nullable(),
  snapshots: z.array(z.object({ name: SnapshotName, mb: z.number().int() })),
})
export type Volume = z.infer<typeof Volume>

/** `live`: the new size holds already; else from the next start of the instance that has it. */
export const GrownVolume = Volume.extend({ live: z.boolean() })
export type GrownVolume = z.infer<typeof GrownVolume>

export const volumeEndpoints = {
  list: endpoint('GET', '/apps/:app/volumes', {
    access: 'app:view',
    summary: 'Disks of the app that outlive its instances, with their snapshots.',
    reply: z.array(Volume),
  }),
  create: endpoint('POST', '/apps/:app/volumes', {
    access: 'app:manage',
    summary: 'Make a disk of a fixed size; instances of the process type have it from their next start.',
    body: z.object({ name: VolumeName, mount: MountPath, size_mb: SizeMb, type: ProcessType.default('web') }),
    reply: Volume,
    status: 201,
  }),
  grow: endpoint('PATCH', '/apps/:app/volumes/:volume', {
    access: 'app:manage',
    summary: 'Make a disk larger, also while an instance uses it.',
    body: z.object({ size_mb: SizeMb }),
    reply: GrownVolume,
  }),
  destroy: endpoint('DELETE', '/apps/:app/volumes/:volume', {
    access: 'app:manage',
    summary: 'Destroy a disk with its snapshots; `confirm` must repeat its name.',
    query: z.object({ confirm: z.string() }),
    reply: Volume,
  }),
  snapshot: endpoint('POST', '/apps/:app/volumes/:volume/snapshots', {
    access: 'app:deploy',
    summary: 'Keep a copy of the disk as it is now.',
    reply: Volume,
    status: 201,
  }),
  restore: endpoint('POST', '/apps/:app/volumes/:volume/snapshots/:snapshot/restore', {
    access: 'app:manage',
    summary: 'Put a snapshot in the place of what the disk holds; no instance may have it.',
    query: z.object({ confirm: z.string() }),
    reply: Volume,
  }),
  removeSnapshot: endpoint('DELETE', '/apps/:app/volumes/:volume/snapshots/:snapshot', {
    access: 'app:manage',
    summary: 'Destroy a snapshot.',
    reply: Volume,
  }),
} as const
