import { buildQuery, parseQuery, readAddresses } from './dns.ts'
import type { Forward } from './forward.ts'

/** So many names are asked for at a time. */
const PARALLEL = 32

/** Addresses of names as the machine's resolvers have them; none for a name that nobody answers. */
export async function resolveHosts(
  forward: Forward,
  hosts: readonly string[],
): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {}
  const left = [...new Set(hosts)]
  async function work(): Promise<void> {
    for (let host = left.pop(); host !== undefined; host = left.pop())
      found[host] = await resolveHost(forward, host)
  }
  await Promise.all(Array.from({ length: Math.min(PARALLEL, left.length) }, work))
  return found
}

async function resolveHost(forward: Forward, host: string): Promise<string[]> {
  const packet = buildQuery(host, 0)
  const query = parseQuery(packet)
  // A label that is too long, or none: no such name can exist.
  if (query === null) return []
  const reply = await forward(packet, query, 'udp')
  if (reply === null) return []
  const first = readAddresses(reply, query.end)
  if (!first.cut) return first.addresses
  const whole = await forward(packet, query, 'tcp')
  return whole === null ? first.addresses : readAddresses(whole, query.end).addresses
}
