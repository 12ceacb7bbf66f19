import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Stats } from '../driver/driver.ts'
import {
  findHierarchies,
  type GroupLimits,
  type Hierarchy,
  type Insistence,
  limitFiles,
  missingControllers,
  viewName,
  yieldingFiles,
} from './hierarchies.ts'

/** Makes and reads groups on whichever hierarchies this machine has. A group is one directory in each of them. */
export interface Limiter {
  /** Controllers without which a limit would not hold; empty on most machines. */
  readonly missing: readonly string[]
  create(group: string, limits: GroupLimits): readonly string[]
  /** Of a limiter that yields: how much all of its groups together want, against what runs beside them. */
  insist(insistence: Insistence): void
  /** The directories of a group, for `shim --cgroup`. */
  directories(group: string): readonly string[]
  /** The same, each with its name below an instance's /sys/fs/cgroup; '' for a version 2 that is all there is. */
  views(group: string): { readonly directory: string; readonly name: string }[]
  stats(group: string): Stats | null
  oomKills(group: string): number
  /** SIGKILL to everything in the group; resolves when it is empty. */
  kill(group: string): Promise<void>
  remove(group: string): Promise<void>
  groups(): string[]
  processes(group: string): number[]
  /** Removes our own parent groups; they have to be empty. */
  close(): void
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

/** A number behind `key` in a file of `key value` lines. */
function field(text: string | null, key: string): number {
  const line = text?.split('\n').find((one) => one.startsWith(`${key} `))
  return line === undefined ? 0 : Number(line.slice(key.length + 1))
}

function write(path: string, value: string, optional: boolean): void {
  try {
    writeFileSync(path, value)
  } catch (cause) {
    if (!optional) throw new Error(`Cannot set the limit ${path} to ${value}`, { cause })
  }
}

function subgroups(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(directory, entry.name))
  } catch {
    return []
  }
}

function tree(directory: string): string[] {
  return [...subgroups(directory).flatMap(tree), directory]
}

/**
 * @param parent Name of the group that holds all of ours, below each hierarchy's root.
 * @param delegated Path of a version 2 group that systemd handed to us, in the place of the root.
 * @param yields Whether all groups together give way to whatever else runs on the machine; see `insist`.
 */
export function openLimiter(parent: string, delegated: string | null = null, yields = false): Limiter {
  const usable = (mount: string) =>
    read(join(mount, delegated ?? '', 'cgroup.controllers'))
      ?.trim()
      .split(' ')
      .filter(Boolean) ?? []
  const all = findHierarchies(readFileSync('/proc/mounts', 'utf8'), usable)
  const root = (hierarchy: Hierarchy) =>
    join(hierarchy.mount, hierarchy.version === 2 ? (delegated ?? '') : '', parent)
  const hierarchies = all.map(prepare)

  /** Hands the controllers down to our parent group; a version 2 keeps only those that really arrive there. */
  function prepare(hierarchy: Hierarchy): Hierarchy {
    mkdirSync(root(hierarchy), { recursive: true })
    if (hierarchy.version === 1) return weigh(hierarchy)
    for (const controller of hierarchy.controllers) {
      for (const directory of [join(root(hierarchy), '..'), root(hierarchy)])
        write(join(directory, 'cgroup.subtree_control'), `+${controller}`, true)
    }
    const arrived = new Set(
      read(join(root(hierarchy), 'cgroup.subtree_control'))
        ?.trim()
        .split(' '),
    )
    return weigh({
      ...hierarchy,
      controllers: hierarchy.controllers.filter((controller) => arrived.has(controller)),
    })
  }

  function weigh(hierarchy: Hierarchy): Hierarchy {
    if (yields) insist(hierarchy, 0)
    return hierarchy
  }

  function insist(hierarchy: Hierarchy, insistence: Insistence): void {
    // Towards others a group that systemd delegated weighs what the delegated one weighs.
    const outer = hierarchy.version === 2 && delegated !== null ? [join(root(hierarchy), '..')] : []
    for (const directory of [...outer, root(hierarchy)])
      for (const { file, value, optional } of yieldingFiles(hierarchy, insistence))
        write(join(directory, file), value, optional)
  }

  const of = (controller: string) =>
    hierarchies.find((hierarchy) => hierarchy.controllers.includes(controller))
  const unified = hierarchies.find((hierarchy) => hierarchy.version === 2)
  const directories = (group: string) => hierarchies.map((hierarchy) => join(root(hierarchy), group))
  const at = (controller: string, group: string): { path: string; version: 1 | 2 } | null => {
    const hierarchy = of(controller)
    return hierarchy === undefined ? null : { path: join(root(hierarchy), group), version: hierarchy.version }
  }

  function processes(group: string): number[] {
    const lists = directories(group)
      .flatMap(tree)
      .map((directory) => read(join(directory, 'cgroup.procs')) ?? '')
    return [...new Set(lists.flatMap((text) => text.split('\n').filter(Boolean).map(Number)))].filter(
      (pid) => pid > 0,
    )
  }

  function oomKills(group: string): number {
    const memory = at('memory', group)
    if (memory === null) return 0
    return field(
      read(join(memory.path, memory.version === 2 ? 'memory.events' : 'memory.oom_control')),
      'oom_kill',
    )
  }

  async function kill(group: string): Promise<void> {
    const killFile = unified === undefined ? null : join(root(unified), group, 'cgroup.kill')
    const freezer = at('freezer', group)
    for (let round = 0; round < 400; round++) {
      const pids = processes(group)
      if (pids.length === 0) return
      if (killFile !== null && existsSync(killFile)) write(killFile, '1', true)
      // Also one by one: a process may be in one hierarchy and not (yet) in another.
      if (freezer !== null) write(join(freezer.path, 'freezer.state'), 'FROZEN', true)
      for (const pid of processes(group)) {
        try {
          process.kill(pid, 'SIGKILL')
        } catch {
          // It has ended between the reading and now.
        }
      }
      if (freezer !== null) write(join(freezer.path, 'freezer.state'), 'THAWED', true)
      await sleep(round < 20 ? 5 : 25)
    }
    throw new Error(
      `Processes of the group ${group} do not end after SIGKILL: ${processes(group).join(', ')}. They hang in the kernel; look at their state in /proc.`,
    )
  }

  return {
    missing: missingControllers(hierarchies),
    insist(insistence) {
      for (const hierarchy of hierarchies) insist(hierarchy, insistence)
    },
    directories,
    processes,
    oomKills,
    kill,
    views: (group) =>
      hierarchies.map((hierarchy) => ({
        directory: join(root(hierarchy), group),
        name: viewName(hierarchy, hierarchies.length === 1),
      })),
    create(group, limits) {
      for (const hierarchy of hierarchies) {
        const directory = join(root(hierarchy), group)
        mkdirSync(directory, { recursive: true })
        for (const { file, value, optional } of limitFiles(hierarchy, limits))
          write(join(directory, file), value, optional)
      }
      return directories(group)
    },
    stats(group) {
      const memory = at('memory', group)
      const cpu = at('cpuacct', group) ?? at('cpu', group)
      const pids = at('pids', group)
      const usage =
        memory === null
          ? null
          : read(join(memory.path, memory.version === 2 ? 'memory.current' : 'memory.usage_in_bytes'))
      const seconds =
        cpu === null
          ? null
          : cpu.version === 2
            ? field(read(join(cpu.path, 'cpu.stat')), 'usage_usec') / 1e6
            : Number(read(join(cpu.path, 'cpuacct.usage')) ?? 0) / 1e9
      const count =
        pids === null ? processes(group).length : Number(read(join(pids.path, 'pids.current')) ?? 0)
      if (!directories(group).some((directory) => existsSync(directory))) return null
      const cached =
        memory === null
          ? 0
          : field(
              read(join(memory.path, 'memory.stat')),
              memory.version === 2 ? 'inactive_file' : 'total_inactive_file',
            )
      return {
        memoryMb: Math.max(0, Number(usage ?? 0) - cached) / 1024 / 1024,
        cpuSeconds: seconds ?? 0,
        pids: count,
        oomKills: oomKills(group),
      }
    },
    async remove(group) {
      await kill(group)
      for (const directory of directories(group).flatMap(tree)) await removeDirectory(directory)
    },
    groups() {
      return [
        ...new Set(
          hierarchies.flatMap((hierarchy) =>
            subgroups(root(hierarchy)).map((path) => path.slice(root(hierarchy).length + 1)),
          ),
        ),
      ]
    },
    close() {
      for (const hierarchy of hierarchies) {
        try {
          rmdirSync(root(hierarchy))
        } catch {
          // Not empty or already gone; an audit names what is left.
        }
      }
    },
  }
}

/** The kernel answers EBUSY for a moment after the last process has ended. */
async function removeDirectory(directory: string): Promise<void> {
  for (let round = 0; existsSync(directory); round++) {
    try {
      rmdirSync(directory)
    } catch (error) {
      if (round >= 100) throw error
      await sleep(10)
    }
  }
}
