/** `10.1.2.3/20` as its first and last address. */
export function bounds(cidr: string): { first: number; last: number } | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(cidr)
  if (match === null) return null
  const octets = match.slice(1, 5).map(Number)
  const bits = match[5] === undefined ? 32 : Number(match[5])
  if (bits > 32 || octets.some((octet) => octet > 255)) return null
  const address = octets.reduce((sum, octet) => sum * 256 + octet, 0)
  const size = 2 ** (32 - bits)
  const first = Math.floor(address / size) * size
  return { first, last: first + size - 1 }
}

export const text = (address: number) =>
  [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')

const POOL = { first: (10 * 256 + 160) * 65_536, count: 256, size: 16_384 }

/**
 * The first free /18 of 10.160.0.0/10 from place `from` on that overlaps none of `used` (CIDRs of routes, addresses,
 * resolvers and other installations; `default` and IPv6 are ignored). null: all are taken. Pure.
 */
export function freeRange(used: readonly string[], from: number): string | null {
  const taken = used.map(bounds).filter((range) => range !== null && range.last - range.first < 2 ** 31)
  for (let i = 0; i < POOL.count; i++) {
    const first = POOL.first + ((from + i) % POOL.count) * POOL.size
    const last = first + POOL.size - 1
    if (!taken.some((range) => range !== null && range.first <= last && range.last >= first))
      return `${text(first)}/18`
  }
  return null
}
