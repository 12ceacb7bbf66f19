import { readFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { availableParallelism, loadavg, totalmem } from 'node:os'
import type { NodeResources } from '../../server/contract/nodes.ts'

const MB = 1024 * 1024

/** What this machine has and what of it is taken, by whomever. Disk: that of the installation's folder. */
export async function readResources(home: string): Promise<NodeResources> {
  const disk = await statfs(home)
  return {
    memoryMb: Math.floor(totalmem() / MB),
    memoryFreeMb: Math.floor(memoryFree()),
    cpuMilli: availableParallelism() * 1000,
    load: loadavg()[0] ?? 0,
    diskMb: Math.floor((disk.blocks * disk.bsize) / MB),
    diskFreeMb: Math.floor((disk.bavail * disk.bsize) / MB),
  }
}

/** MB that can be had without swapping: the kernel's own estimate counts caches that it would give up. */
function memoryFree(): number {
  const line = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))
  return Number(line?.[1] ?? 0) / 1024
}
