import { readdirSync, readFileSync } from 'node:fs'
import type { Limiter } from '../limits/cgroup.ts'
import { links, namespaces } from '../network/namespace.ts'

export interface KernelNames {
  link(index: number): string
  netns(index: number): string
  machine(instance: string): string
  readonly linkPrefix: string
  readonly netnsPrefix: string
}

/** What of ours is on the machine and belongs to none of `known`. `places`: the network place of each instance. */
export function leftOver(
  known: ReadonlySet<string>,
  places: ReadonlyMap<string, number>,
  limiter: Pick<Limiter, 'groups'>,
  names: KernelNames,
  machineWord: string,
): string[] {
  const indices = new Set([...places].filter(([id]) => known.has(id)).map(([, index]) => index))
  const linkNames = new Set([...indices].map((index) => names.link(index)))
  const spaces = new Set([...indices].map((index) => names.netns(index)))
  const machines = new Set([...known].map((id) => names.machine(id)))
  const found = limiter
    .groups()
    .filter((name) => name.startsWith('i-') && !known.has(name.slice(2)))
    .map((name) => `cgroup ${name}`)
  for (const name of links(names.linkPrefix)) if (!linkNames.has(name)) found.push(`link ${name}`)
  for (const name of namespaces(names.netnsPrefix))
    if (!spaces.has(name)) found.push(`network namespace ${name}`)
  for (const [pid, machine] of supervisors(`${machineWord}${names.machine('')}`, machineWord.length))
    if (!machines.has(machine)) found.push(`process ${pid} (${machine})`)
  return found
}

/** Running supervisors of ours, found by the machine's name in their argv. */
function supervisors(beginning: string, skipped: number): [number, string][] {
  const found: [number, string][] = []
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const machine = argvOf(entry).find((arg) => arg.startsWith(beginning))
    if (machine !== undefined) found.push([Number(entry), machine.slice(skipped)])
  }
  return found
}

function argvOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}
