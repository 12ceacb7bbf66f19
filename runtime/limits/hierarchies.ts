/** A mounted cgroup hierarchy. Version 2 carries several controllers at once, version 1 mostly one each. */
export interface Hierarchy {
  readonly version: 1 | 2
  readonly mount: string
  /** e.g. `memory`; `name=systemd` for the named one; empty for a version 2 without controllers. */
  readonly controllers: readonly string[]
}

/** Those that carry a limit of ours, our accounting, or that nspawn would else write to at their root. */
const WANTED = new Set(['memory', 'cpu', 'cpuacct', 'pids', 'freezer', 'name=systemd'])

/** Reads `/proc/mounts`. `controllersOf` tells a version 2 mount's controllers. */
export function findHierarchies(
  mounts: string,
  controllersOf: (mount: string) => readonly string[],
): Hierarchy[] {
  const found = new Map<string, Hierarchy>()
  for (const line of mounts.split('\n')) {
    const [, mount, kind, options] = line.split(' ')
    if (mount === undefined || options === undefined) continue
    if (kind === 'cgroup2') found.set(mount, { version: 2, mount, controllers: controllersOf(mount) })
    if (kind !== 'cgroup') continue
    const controllers = options.split(',').filter((option) => WANTED.has(option))
    if (controllers.length > 0) found.set(mount, { version: 1, mount, controllers })
  }
  return [...found.values()]
}

export interface GroupLimits {
  readonly memoryMb: number
  readonly cpuMilli: number
  readonly pids: number
  /** Share of the disk beside others, 1 to 1000; absent: the kernel's own, 100. Version 2 alone has it for every scheduler. */
  readonly ioWeight?: number | undefined
}

/** The limits that this hierarchy can hold, as files and their content. `optional` files may be missing. */
export function limitFiles(
  hierarchy: Hierarchy,
  limits: GroupLimits,
): { file: string; value: string; optional: boolean }[] {
  const bytes = String(limits.memoryMb * 1024 * 1024)
  const period = 100_000
  const quota = Math.max(1000, Math.round((limits.cpuMilli / 1000) * period))
  const files: { file: string; value: string; optional: boolean }[] = []
  const add = (file: string, value: string, optional = false) => files.push({ file, value, optional })
  if (hierarchy.controllers.includes('memory')) {
    if (hierarchy.version === 2) {
      add('memory.max', bytes)
      add('memory.swap.max', '0', true)
      add('memory.oom.group', '0', true)
    } else {
      add('memory.limit_in_bytes', bytes)
      add('memory.memsw.limit_in_bytes', bytes, true)
    }
  }
  if (hierarchy.controllers.includes('cpu')) {
    if (hierarchy.version === 2) add('cpu.max', `${quota} ${period}`)
    else {
      add('cpu.cfs_period_us', String(period))
      add('cpu.cfs_quota_us', String(quota))
    }
  }
  const { ioWeight } = limits
  if (ioWeight !== undefined && hierarchy.controllers.includes('io'))
    add('io.weight', `default ${ioWeight}`, true)
  if (hierarchy.controllers.includes('pids')) add('pids.max', String(limits.pids))
  return files
}

/**
 * What a group that gives way gets, in percent of a neighbour's part of a processor. At the lowest one it has what
 * nobody else wants, and whoever wakes up takes the processor from it at once (kernels from 5.15 on; 1 % before).
 */
export const INSISTENCE = [0, 10, 40, 100] as const
export type Insistence = (typeof INSISTENCE)[number]

/**
 * In the order of writing. The group has to stand beside what it gives way to: one among instances would still be,
 * towards a router outside, as heavy as all of them.
 */
export function yieldingFiles(
  { version, controllers }: Hierarchy,
  insistence: Insistence,
): { file: string; value: string; optional: boolean }[] {
  if (!controllers.includes('cpu')) return []
  const idle = (value: string) => ({ file: 'cpu.idle', value, optional: true })
  const percent = Math.max(1, insistence)
  const weight =
    version === 2
      ? { file: 'cpu.weight', value: String(percent) }
      : { file: 'cpu.shares', value: String(Math.round(10.24 * percent)) }
  // An idle group takes no weight, and one that was idle has lost its own.
  return [idle('0'), { ...weight, optional: false }, ...(insistence === 0 ? [idle('1')] : [])]
}

/** Controllers that this machine lacks: without them a limit is only a wish. */
export function missingControllers(hierarchies: readonly Hierarchy[]): string[] {
  const there = new Set(hierarchies.flatMap((hierarchy) => hierarchy.controllers))
  return ['memory', 'cpu', 'pids'].filter((controller) => !there.has(controller))
}

/** Where programs look for a hierarchy below /sys/fs/cgroup: `memory`, `cpu,cpuacct`, `systemd`; a version 2 alone: ''. */
export function viewName({ version, controllers }: Hierarchy, alone: boolean): string {
  if (version === 2) return alone ? '' : 'unified'
  return controllers.map((controller) => controller.replace(/^name=/, '')).join(',')
}
