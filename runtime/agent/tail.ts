import { open } from 'node:fs/promises'
import { join } from 'node:path'

const BYTES = 16_384
const LINES = 20

async function endOf(path: string): Promise<string[]> {
  try {
    await using file = await open(path, 'r')
    const { size } = await file.stat()
    const from = Math.max(0, size - BYTES)
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(Math.min(size, BYTES)),
      0,
      Math.min(size, BYTES),
      from,
    )
    // What the logs process has taken is a hole and reads as zeros.
    const lines = buffer.subarray(0, bytesRead).toString('utf8').replaceAll('\0', '').split('\n')
    return (from > 0 ? lines.slice(1) : lines)
      .map((line) => line.trimEnd())
      .filter((line) => line !== '')
      .slice(-LINES)
  } catch {
    return []
  }
}

/** The last lines that an instance printed; where both streams have some, errors come last, as they explain more. */
export async function lastLines(folder: string): Promise<string[]> {
  const [out, err] = await Promise.all([endOf(join(folder, 'log', 'out')), endOf(join(folder, 'log', 'err'))])
  return [...out.slice(-Math.max(LINES - err.length, 5)), ...err].slice(-LINES)
}

export async function supervisorLines(folder: string): Promise<string[]> {
  return supervisorSaid(await endOf(join(folder, 'supervisor.log')))
}

const LXC_LINE = /^lxc-start \S+ [\d.]+ ERROR +\S+ - \S+ - (.*)$/
/** What LXC says after every failure, whatever its cause. */
const SAYS_NOTHING =
  /^(Failed to spawn container|The container failed to start|Additional information can be obtained)/

/** What matters of a supervisor's own words, the cause last: LXC begins with it, and says all in two shapes. */
export function supervisorSaid(lines: readonly string[]): string[] {
  const own = lines.filter((line) => !line.startsWith('Attempted to remove disk file system'))
  if (!own.some((line) => LXC_LINE.test(line))) return own
  return own
    .filter((line) => !line.startsWith('lxc-start: '))
    .map((line) => LXC_LINE.exec(line)?.[1] ?? line)
    .filter((line) => !SAYS_NOTHING.test(line))
    .reverse()
}
