import { statfs } from 'node:fs/promises'
import { HOST_ENV } from './debian.ts'
import { run } from './spawn.ts'

const MB = 1024 * 1024

/** Below this much free space no build starts: a full disk harms more than builds. */
export const RESERVE_MB = 1024

export async function freeMb(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return Math.floor((bavail * bsize) / MB)
}

/** Disk use of what is there of these paths, in MB. */
export async function usedMb(paths: readonly string[]): Promise<number> {
  const { stdout } = await run(['du', '-sxm', '--total', ...paths], { env: HOST_ENV })
  const total = /^(\d+)\ttotal$/m.exec(stdout)
  return total === null ? 0 : Number(total[1])
}

/** Lets every user read and write what lies in these folders. Most of it is so already, and is only looked at. */
export async function openToAll(folders: readonly string[]): Promise<void> {
  const closed = ['-type', 'd', '!', '-perm', '-777', '-o', '-type', 'f', '!', '-perm', '-666']
  // Who may run a file may not be all.
  const halfRunnable = ['-o', '-type', 'f', '-perm', '/111', '!', '-perm', '-111']
  const argv = [
    'find',
    ...folders,
    '(',
    ...closed,
    ...halfRunnable,
    ')',
    '-exec',
    'chmod',
    'a+rwX',
    '{}',
    '+',
  ]
  await run(argv, { env: HOST_ENV })
}

const EVERY_MS = 1000
/** Others may free what a build takes, so it is counted from time to time whatever the free space says. */
const COUNT_EVERY = 20

/**
 * Calls `exceeded` once when what `paths` holds has grown beyond the limit, or when the machine's reserve is touched.
 * Counting walks all files, so it only happens after the machine's free space has shrunk by a part of the limit since
 * the watch began, and every 20 seconds.
 */
export function watchDisk(
  folder: string,
  paths: () => readonly string[],
  limitMb: number,
  exceeded: (usedMb: number) => void,
  /** MB that the paths held before and that do not count. */
  found: Promise<number> = Promise.resolve(0),
): Disposable {
  let counting = false
  let over = false
  let looks = 0
  let counted: number | null = null
  const look = async () => {
    const free = await freeMb(folder)
    counted ??= free
    looks += 1
    const shrunk = counted - free
    if (shrunk < limitMb / 8 && free > RESERVE_MB / 2 && looks % COUNT_EVERY !== 0) return
    counted = free
    const used = Math.max(0, (await usedMb(paths())) - (await found))
    if ((used > limitMb || free < RESERVE_MB / 4) && !over) {
      over = true
      exceeded(used)
    }
  }
  const turn = () => {
    if (counting || over) return
    counting = true
    look()
      // A path that went away while it was counted is no reason to end a build.
      .catch(() => undefined)
      .finally(() => (counting = false))
  }
  // The first look is at once: what a build writes in its first second counts as well.
  turn()
  const timer = setInterval(turn, EVERY_MS)
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
