import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface CpuGroup {
  /** Seconds of CPU time that this process and everything it ever started have used, whoever waits for it. */
  seconds(): number
  close(): void
}

function move(pid: string, group: string): void {
  try {
    writeFileSync(join(group, 'cgroup.procs'), pid)
  } catch (error) {
    // It has ended since it was listed.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/**
 * Puts this process into a control group of its own. What it starts is counted there even when it outlives its parent,
 * which times of child processes miss: Nix and the boxes leave their dead to the PID 1 of their namespace. The unified
 * hierarchy counts CPU time in every group, also where its controllers belong to the old hierarchies.
 */
export function enterCpuGroup(): CpuGroup {
  const mount = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .find((line) => line.split(' ')[2] === 'cgroup2')
    ?.split(' ')[1]
  if (mount === undefined)
    throw new Error('This machine has no unified cgroup hierarchy to count CPU time with')
  const before = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '/'
  const folder = join(mount, `skypanel-bench-${process.pid}`)
  mkdirSync(folder)
  writeFileSync(join(folder, 'cgroup.procs'), String(process.pid))
  return {
    seconds() {
      const usage = /^usage_usec (\d+)$/m.exec(readFileSync(join(folder, 'cpu.stat'), 'utf8'))?.[1]
      return Number(usage) / 1e6
    },
    close() {
      // What is left running in there goes where we came from, or the group could not be removed.
      for (const pid of readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n'))
        if (pid !== '') move(pid, join(mount, before))
      rmdirSync(folder)
    },
  }
}
