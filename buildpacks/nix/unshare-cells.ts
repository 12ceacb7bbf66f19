import { readdir, readFile } from 'node:fs/promises'
import type { Cell, CellProvider } from '../engine.ts'

/**
 * Cells made by `unshare` alone: own pid, mount and ipc namespaces, the machine's network, no limits. For the engine's
 * own tests, where no agent provides the real ones.
 */
export class UnshareCells implements CellProvider {
  readonly #caBundle: string
  readonly opened: string[] = []

  constructor(caBundle: string) {
    this.#caBundle = caBundle
  }

  async open(name: string): Promise<Cell> {
    this.opened.push(name)
    const mark = `SKYPANEL_CELL=${name}-${this.opened.length}`
    const kill = async () => {
      for (let left = await marked(mark); left.length > 0; left = await marked(mark)) {
        for (const pid of left) killQuietly(pid)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }
    return {
      prefix: [
        '/usr/bin/env',
        mark,
        '/usr/bin/unshare',
        '--pid',
        '--fork',
        '--mount',
        '--ipc',
        '--kill-child',
      ],
      resolvConf: '/etc/resolv.conf',
      caBundle: this.#caBundle,
      oomKills: () => Promise.resolve(0),
      kill,
      close: kill,
    }
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended since it was listed.
  }
}

async function marked(mark: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found: number[] = []
  for (const pid of pids) {
    const environ = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
    const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
    // A zombie waits for its parent only.
    if (environ.split('\0').includes(mark) && !/\) Z /.test(status)) found.push(Number(pid))
  }
  return found
}
