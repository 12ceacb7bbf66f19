import type { ClientKind } from './clients.ts'
import { buildAnswer, CLASS_IN, parseQuery, RCODE, TYPE_A, type Query } from './dns.ts'
import type { GuestAnswer } from './guest-names.ts'
import { hostOfRoute } from './host-name.ts'

export type Response =
  | { readonly kind: 'answer'; readonly packet: Buffer }
  | { readonly kind: 'forward'; readonly query: Query }
  | { readonly kind: 'ignore' }

const MAX_UDP = 512

/**
 * What to do with a packet. Names of the route zone are answered at once and never leave the machine; instances are
 * refused them, for they have no business with each other's addresses. All else goes to the machine's resolvers.
 */
export function respond(
  packet: Uint8Array,
  client: ClientKind,
  resolve: (host: string) => readonly string[],
  /** What an instance that asks may be told of a name outside of the route zone. */
  guest: (name: string) => GuestAnswer = () => 'forward',
): Response {
  if (client === 'stranger') return { kind: 'ignore' }
  const query = parseQuery(packet)
  if (query === null) return { kind: 'ignore' }
  const plain = (rcode: number) =>
    ({
      kind: 'answer',
      packet: buildAnswer(packet, query, { rcode, authoritative: false, addresses: [] }),
    }) as const
  if (query.opcode !== 0) return plain(RCODE.notImplemented)
  const host = hostOfRoute(query.name)
  const told = host === null ? (client === 'instance' ? guest(query.name) : 'forward') : null
  if (told === 'forward') return { kind: 'forward', query }
  if (told === 'absent') return plain(RCODE.nameError)
  if (told === null && client !== 'local') return plain(RCODE.refused)
  // Every name of the zone exists, and has no more than its A records: an empty answer is quick, a missing one is not.
  const asked = query.type === TYPE_A && query.class === CLASS_IN
  const all = asked ? (told ?? resolve(host ?? '')) : []
  // A longer answer would have to be asked again over TCP. The list turns, so in time everybody is in it.
  const addresses = all.slice(0, Math.floor((MAX_UDP - query.end) / 16))
  return {
    kind: 'answer',
    packet: buildAnswer(packet, query, { rcode: RCODE.ok, authoritative: true, addresses }),
  }
}

export function serverFailure(packet: Uint8Array, query: Query): Buffer {
  return buildAnswer(packet, query, { rcode: RCODE.serverFailure, authoritative: false, addresses: [] })
}
