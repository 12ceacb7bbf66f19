import { readFile, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { tryRun } from '../../exec.ts'
import { fail, ok, warn, type Check } from '../check.ts'

const GB = 1024 ** 3

async function nearest(path: string): Promise<string> {
  return (await statfs(path).catch(() => null)) === null && path !== '/' ? await nearest(dirname(path)) : path
}

export const disk: Check = {
  name: 'disk',
  about: 'machine',
  async run({ options }) {
    const stats = await statfs(await nearest(options.home))
    const free = (stats.bavail * stats.bsize) / GB
    const inodes = stats.files === 0 ? 1 : stats.ffree / stats.files
    const detail = `${free.toFixed(1)} GB free for ${options.home}`
    if (free < 2) return fail(detail, 'Builds need 2 GB: make room, or move home to a larger disk (--home)')
    if (inodes < 0.05)
      return fail(
        `${detail}, but only ${(inodes * 100).toFixed(1)} % of its inodes`,
        'Delete many small files, or move home to another disk (--home)',
      )
    return free < 10 ? warn(detail, 'Stacks and a few apps take 5 to 10 GB') : ok(detail)
  },
}

export const memory: Check = {
  name: 'memory',
  about: 'machine',
  async run() {
    const text = await readFile('/proc/meminfo', 'utf8')
    const available = Number(/^MemAvailable:\s+(\d+)/m.exec(text)?.[1] ?? 0) / 1024
    const detail = `${Math.round(available)} MB available`
    if (available < 300) return fail(detail, 'The platform alone needs 300 MB: stop something, or add memory')
    return available < 1000 ? warn(detail, 'Builds of larger apps need 1 to 2 GB') : ok(detail)
  },
}

export const clock: Check = {
  name: 'clock',
  about: 'machine',
  async run() {
    const year = new Date().getUTCFullYear()
    if (year < 2025)
      return fail(
        `the clock says ${year}`,
        'TLS fails with a wrong clock. Type: date --set …, or install systemd-timesyncd',
      )
    const ran = await tryRun(['timedatectl', 'show', '--property=NTPSynchronized', '--value']).catch(
      () => null,
    )
    if (ran?.code === 0 && ran.stdout.trim() === 'no')
      return warn('not synchronised with a time server', 'Type: timedatectl set-ntp true')
    return ok(new Date().toISOString())
  },
}

export const node: Check = {
  name: 'Node',
  about: 'machine',
  run: () => Promise.resolve(ok(process.version)),
}
