import { mkdir, readdir, readFile, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { tryRun } from '../exec.ts'
import { findHierarchies } from './hierarchies.ts'

const LIMITING = ['memory', 'cpu', 'cpuacct', 'pids', 'freezer']

/**
 * Version 1 hierarchies that the kernel runs and nobody has mounted here, as mount options (`cpu,cpuacct`): in a
 * container whose init knows version 2 only, on a host that keeps the controllers in version 1. Pure.
 *
 * @param groups `/proc/self/cgroup`
 * @param mounts `/proc/mounts`
 */
export function unmountedHierarchies(groups: string, mounts: string): string[] {
  const mounted = new Set(
    findHierarchies(mounts, () => [])
      .filter(({ version }) => version === 1)
      .flatMap(({ controllers }) => controllers),
  )
  return groups
    .split('\n')
    .map((line) => line.split(':')[1] ?? '')
    .filter((controllers) =>
      controllers.split(',').some((name) => LIMITING.includes(name) && !mounted.has(name)),
    )
}

/** Where they are mounted for every installation on this machine; gone after a reboot. */
export const OWN_MOUNTS = '/run/skypanel/cgroup'

/** Mounts them where that is allowed; where it is not, the machine has no such limits. */
export async function mountHierarchies(folder = OWN_MOUNTS): Promise<void> {
  const missing = unmountedHierarchies(
    await readFile('/proc/self/cgroup', 'utf8').catch(() => ''),
    await readFile('/proc/mounts', 'utf8'),
  )
  for (const controllers of missing) {
    const target = join(folder, controllers)
    await mkdir(target, { recursive: true })
    const { code } = await tryRun(['mount', '-t', 'cgroup', '-o', controllers, 'none', target])
    if (code !== 0) await rmdir(target)
  }
}

/** Undoes `mountHierarchies`; groups in them go on. */
export async function unmountHierarchies(folder = OWN_MOUNTS): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    await tryRun(['umount', join(folder, name)])
    await rmdir(join(folder, name)).catch(() => undefined)
  }
}
