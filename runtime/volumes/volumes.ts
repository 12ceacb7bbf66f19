import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
} from 'node:fs'
import { rename, rm, statfs } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { NodeVolume, VolumeId, VolumeMount } from '../../server/contract/volumes.ts'
import { SnapshotName, VolumeId as Id } from '../../server/contract/volumes.ts'
import { AgentError } from '../agent/agent-error.ts'
import { diskFolder } from '../command/instance.ts'
import { startTime } from '../driver/process.ts'
import { run, tryRun } from '../exec.ts'
import { attachLoop, backing, detachBelow, detachLoop, loopOf } from './loop.ts'

const MB = 1024 * 1024

/** What has to stay free on the disk: a full one harms more than one app. */
export const RESERVE_MB = 1024

/** ms that an app may be held for a snapshot of its running disk. */
const FREEZE_MS = 30_000

/** The instance that has a volume, or wants one. */
export interface Holder {
  readonly id: string
  /** `web.1`. */
  readonly name: string
}

export interface VolumesOptions {
  /** `<home>/volumes`. */
  readonly folder: string
  /** Where an instance has a volume mounted, and the process in whose mount namespace; null: it is starting or ending. */
  readonly mounted: (
    instance: string,
    volume: string,
  ) => { readonly pid: number; readonly folder: string } | null
  readonly reserveMb?: number
}

/**
 * Volumes are ext4 images of a hard size whose blocks are taken at once, so that no volume ever finds the disk full.
 * An image is mounted in its instance's mount namespace alone and is unmounted by the kernel when that ends: nothing
 * has to be mounted again after a restart, and the host never walks through what an app wrote.
 */
export interface Volumes {
  /** `live`: the size holds already; else from the next start on, as this machine cannot grow what is mounted. */
  ensure(
    app: string,
    volume: VolumeId,
    sizeMb: number,
    uid: number,
  ): Promise<{ sizeMb: number; live: boolean }>
  list(app: string): NodeVolume[]
  remove(app: string, volume: VolumeId): Promise<void>
  snapshot(app: string, volume: VolumeId, name: string): Promise<number>
  restore(app: string, volume: VolumeId, name: string): Promise<void>
  removeSnapshot(app: string, volume: VolumeId, name: string): Promise<void>
  /** Block devices for an instance. @throws when another one has a volume, or the volume is not on this node. */
  attach(
    holder: Holder,
    app: string,
    mounts: readonly VolumeMount[],
  ): Promise<{ device: string; mount: string }[]>
  /** Knows again, after a restart of the agent, that the instance has these. */
  adopt(holder: Holder, mounts: readonly VolumeMount[]): void
  /** Lets go of what the instance has; of nothing that it was refused. */
  detach(instance: string, app: string, mounts: readonly VolumeMount[]): Promise<void>
  removeApp(app: string): Promise<void>
  /** Images that are attached to a device and that no instance has, for whoever looks for leftovers. */
  unclaimed(): Promise<string[]>
  /** Lets go of those, after a restart of the agent; tells which. */
  sweep(): Promise<string[]>
}

export function createVolumes(options: VolumesOptions): Volumes {
  const claims = new Map<string, Holder>()
  const holder = (volume: string) => claims.get(volume) ?? null
  const reserve = options.reserveMb ?? RESERVE_MB
  const place = (app: string, volume: string) => join(options.folder, app, volume)
  const image = (app: string, volume: string) => join(place(app, volume), 'disk.img')
  const copies = (app: string, volume: string) => join(place(app, volume), 'snapshots')
  const copy = (app: string, volume: string, name: string) => join(copies(app, volume), `${name}.img`)
  const isUnclaimed = (file: string) => !claims.has(basename(dirname(file)))
  const sizeOf = (file: string) => Math.round(statSync(file).size / MB)
  const diskOf = (file: string) => Math.ceil((statSync(file).blocks * 512) / MB)

  function existing(app: string, volume: string): string {
    const file = image(app, volume)
    if (!existsSync(file))
      throw new AgentError('denied', `The volume is not on this node: ${file} is not there.`)
    return file
  }

  function idle(volume: string, what: string): void {
    const held = holder(volume)
    if (held !== null)
      throw new AgentError(
        'denied',
        `${held.name} has the volume; ${what} needs it alone. Stop it: skypanel scale ${held.name.split('.')[0]}=0`,
      )
  }

  async function room(neededMb: number, what: string): Promise<void> {
    mkdirSync(options.folder, { recursive: true, mode: 0o700 })
    const { bavail, bsize } = await statfs(options.folder)
    const free = Math.floor((bavail * bsize) / MB)
    if (free - neededMb < reserve)
      throw new AgentError(
        'disk_full',
        `${what} needs ${neededMb} MB; the node has ${free} MB free and keeps ${reserve} MB of them. Choose a smaller size, or free ${neededMb + reserve - free} MB.`,
      )
  }

  async function make(app: string, volume: string, sizeMb: number, uid: number): Promise<void> {
    mkdirSync(copies(app, volume), { recursive: true, mode: 0o700 })
    const part = `${image(app, volume)}.part`
    try {
      await run(['fallocate', '--length', `${sizeMb}MiB`, part])
      const owner = `root_owner=${uid}:${uid},lazy_itable_init=1,nodiscard`
      await run(['mkfs.ext4', '-q', '-F', '-m', '0', '-L', 'skypanel', '-E', owner, part])
      // Databases want an empty folder; a check of the file system makes it again when it has something to put there.
      await tryRun(['debugfs', '-w', '-R', 'rmdir lost+found', part])
      await rename(part, image(app, volume))
    } catch (error) {
      await rm(part, { force: true })
      throw error
    }
  }

  async function grow(app: string, volume: string, sizeMb: number): Promise<boolean> {
    const file = image(app, volume)
    await run(['fallocate', '--length', `${sizeMb}MiB`, file])
    const held = holder(volume)
    const loop = await loopOf(file)
    if (loop === null) {
      await fit(file)
      return true
    }
    await run(['losetup', '--set-capacity', loop])
    const mounted = held === null ? null : options.mounted(held.id, volume)
    if (mounted === null) throw passing(held)
    // In the namespace in which it is mounted: anywhere else it would be taken for a disk that nobody uses.
    const inside = ['nsenter', `--target=${mounted.pid}`, '--mount', '--']
    // The kernel wants CAP_SYS_RESOURCE for it, which root of a container may lack.
    return (await tryRun([...inside, 'resize2fs', loop])).code === 0
  }

  /** Checks a file system that nobody has mounted and makes it as large as its image. */
  async function fit(file: string): Promise<void> {
    const checked = await tryRun(['e2fsck', '-f', '-p', file], { timeout: 600_000 })
    if ((checked.code ?? 8) > 2)
      throw new AgentError(
        'internal_error',
        `The volume’s file system cannot be repaired: ${checked.stdout.slice(-500)}`,
      )
    await run(['resize2fs', file], { timeout: 600_000 })
  }

  /** `cp` skips what was never written, and shares blocks where the disk's file system can. */
  const duplicate = (from: string, to: string, timeout: number) =>
    run(['cp', '--sparse=always', '--reflink=auto', from, to], { timeout })

  /** An agent that was killed over a snapshot left the app waiting. */
  async function thaw(held: Holder, volume: string): Promise<void> {
    const mounted = options.mounted(held.id, volume)
    if (mounted !== null)
      await tryRun([
        'nsenter',
        `--target=${mounted.pid}`,
        '--mount',
        '--',
        'fsfreeze',
        '--unfreeze',
        mounted.folder,
      ])
  }

  async function copyFrozen(volume: string, file: string, part: string, held: Holder): Promise<void> {
    const mounted = options.mounted(held.id, volume)
    if (mounted === null) throw passing(held)
    const inside = ['nsenter', `--target=${mounted.pid}`, '--mount', '--', 'fsfreeze']
    await run([...inside, '--freeze', mounted.folder], { timeout: FREEZE_MS })
    try {
      await duplicate(file, part, FREEZE_MS)
    } catch {
      throw new AgentError(
        'denied',
        `The copy takes longer than the ${FREEZE_MS / 1000} s for which ${held.name} may be held. Stop it first: skypanel scale ${held.name.split('.')[0]}=0`,
      )
    } finally {
      await run([...inside, '--unfreeze', mounted.folder])
    }
  }

  return {
    async ensure(app, volume, sizeMb, uid) {
      const file = image(app, volume)
      const before = existsSync(file) ? sizeOf(file) : 0
      if (sizeMb < before)
        throw new AgentError('denied', `The volume has ${before} MB, and a volume can only grow.`)
      if (before === 0) {
        await room(sizeMb, 'The volume')
        await make(app, volume, sizeMb, uid)
        return { sizeMb, live: true }
      }
      if (sizeMb > before) await room(sizeMb - before, 'Growing the volume')
      // Also at the same size: an agent that was killed in the middle of it may have left the second half to do.
      return { live: await grow(app, volume, sizeMb), sizeMb: sizeOf(file) }
    },
    list: (app) =>
      folders(join(options.folder, app)).flatMap((name) => {
        const id = Id.safeParse(name)
        const file = image(app, name)
        if (!id.success || !existsSync(file)) return []
        const snapshots = folders(copies(app, name)).flatMap((entry) => {
          const snapshot = SnapshotName.safeParse(entry.replace(/\.img$/, ''))
          return snapshot.success ? [{ name: snapshot.data, mb: diskOf(copy(app, name, snapshot.data)) }] : []
        })
        const attached = holder(name)?.name ?? null
        return [{ volume: id.data, sizeMb: sizeOf(file), diskMb: diskOf(file), attached, snapshots }]
      }),
    async remove(app, volume) {
      idle(volume, 'destroying it')
      await detachLoop(image(app, volume))
      await rm(place(app, volume), { recursive: true, force: true })
    },
    async snapshot(app, volume, name) {
      const file = existing(app, volume)
      const target = copy(app, volume, name)
      if (existsSync(target)) return diskOf(target)
      await room(diskOf(file), 'The snapshot, at most,')
      const part = `${target}.part`
      try {
        const held = holder(volume)
        if (held === null) await duplicate(file, part, 3_600_000)
        else await copyFrozen(volume, file, part, held)
        await rename(part, target)
      } finally {
        await rm(part, { force: true })
      }
      return diskOf(target)
    },
    async restore(app, volume, name) {
      idle(volume, 'restoring it')
      const file = existing(app, volume)
      const source = copy(app, volume, name)
      if (!existsSync(source)) throw new AgentError('denied', `The volume has no snapshot ${name}.`)
      const size = sizeOf(file)
      await room(size, 'Restoring, before the old content goes,')
      const part = `${file}.part`
      try {
        await duplicate(source, part, 3_600_000)
        // The volume may have grown since, and its size is promised: every block of it is taken.
        await run(['fallocate', '--length', `${size}MiB`, part])
        await fit(part)
        await detachLoop(file)
        await rename(part, file)
      } finally {
        await rm(part, { force: true })
      }
    },
    removeSnapshot: (app, volume, name) => rm(copy(app, volume, name), { force: true }),
    async attach(wanting, app, mounts) {
      for (const { id, name } of mounts) {
        const held = holder(id)
        if (held !== null && held.id !== wanting.id)
          throw new AgentError(
            'denied',
            `The volume ${name} has one writer at a time, and that is ${held.name} still.`,
          )
      }
      for (const { id } of mounts) claims.set(id, wanting)
      const disks: { device: string; mount: string }[] = []
      for (const { id, mount } of mounts) {
        const file = existing(app, id)
        if ((await loopOf(file)) === null && fileSystemMb(file) < sizeOf(file)) await fit(file)
        disks.push({ device: await attachLoop(file), mount })
      }
      return disks
    },
    adopt(holding, mounts) {
      for (const { id } of mounts) {
        claims.set(id, holding)
        void thaw(holding, id).catch(() => undefined)
      }
    },
    async detach(instance, app, mounts) {
      for (const { id } of mounts) {
        if (claims.get(id)?.id !== instance) continue
        await detachLoop(image(app, id))
        claims.delete(id)
      }
    },
    unclaimed: async () =>
      (await backing())
        .filter(({ file }) => file.startsWith(`${options.folder}/`) && isUnclaimed(file))
        .map(({ file }) => file),
    sweep: () => detachBelow(options.folder, isUnclaimed),
    async removeApp(app) {
      for (const volume of folders(join(options.folder, app))) await detachLoop(image(app, volume))
      await rm(join(options.folder, app), { recursive: true, force: true })
    },
  }
}

const passing = (held: Holder | null) =>
  new AgentError(
    'not_available',
    `${held?.name ?? 'An instance'} is starting or ending; try again in a moment.`,
  )

const folders = (path: string): string[] => (existsSync(path) ? readdirSync(path) : [])

/** Megabytes of the ext4 file system in an image that nobody has mounted, by its superblock. */
function fileSystemMb(file: string): number {
  const block = Buffer.alloc(1024)
  const fd = openSync(file, 'r')
  try {
    readSync(fd, block, 0, block.length, 1024)
  } finally {
    closeSync(fd)
  }
  const blocks = block.readUInt32LE(4) + block.readUInt32LE(0x150) * 2 ** 32
  return Math.round((blocks * 1024 * 2 ** block.readUInt32LE(24)) / MB)
}

/** Where a running instance has a volume mounted; its supervisor's pid is in its folder. */
export function mountedDisk(
  record: {
    readonly spec: { readonly volumes?: readonly VolumeMount[] | undefined }
    readonly placement: { readonly folder: string }
    readonly state: { readonly status: { readonly status: string } }
  } | null,
  volume: string,
): { pid: number; folder: string } | null {
  if (record === null || !['ready', 'draining'].includes(record.state.status.status)) return null
  const at = (record.spec.volumes ?? []).findIndex(({ id }) => id === volume)
  const [pid, start] = readFileSync(join(record.placement.folder, 'pid'), 'utf8').trim().split(' ')
  if (at < 0 || pid === undefined || start === undefined || startTime(Number(pid)) !== start) return null
  return { pid: Number(pid), folder: diskFolder(record.placement.folder, at) }
}
