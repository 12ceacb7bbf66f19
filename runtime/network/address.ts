/** Instances take a /18's first three quarters, build cells its last one. Index 0 of each is the first free address. */
export const INSTANCE_ADDRESSES = 3 * 4096 - 2
export const CELL_ADDRESSES = 4096 - 1

/** A Linux bridge has 1,023 ports; a few stay free for cells that end while others begin. */
export const BRIDGE_PORTS = 1000

function start(range: string): number {
  const octets = (range.split('/')[0] ?? '').split('.').map(Number)
  return octets.reduce((sum, octet) => sum * 256 + octet, 0)
}

function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')
}

function checked(index: number, count: number, what: string): number {
  if (Number.isInteger(index) && index >= 0 && index < count) return index
  throw new RangeError(`No address for ${what} ${index}: this installation has ${count} of them`)
}

/** The bridge's address: gateway and resolver of every guest. */
export function gateway(range: string): string {
  return dotted(start(range) + 1)
}

export function instanceAddress(range: string, index: number): string {
  return dotted(start(range) + 2 + checked(index, INSTANCE_ADDRESSES, 'instance'))
}

/** The network that holds all cells, and nothing else. */
export function cellNetwork(range: string): string {
  return `${dotted(start(range) + 3 * 4096)}/20`
}

export function cellAddress(range: string, index: number): string {
  return dotted(start(range) + 3 * 4096 + checked(index, CELL_ADDRESSES, 'cell'))
}

/**
 * Where the fake driver's instances listen: loopback, so that neither root nor a link is needed. The installation's id
 * (four hex digits) keeps those of several on one machine apart, as tests run side by side.
 */
export function loopbackAddress(index: number, installation = '0000'): string {
  const block = (Number.parseInt(installation, 16) % 512) * 2 ** 14
  return dotted(127 * 2 ** 24 + 64 * 2 ** 16 + block + 2 + checked(index, INSTANCE_ADDRESSES, 'instance'))
}

/** The network of an address with its prefix length, e.g. `10.1.2.3/24` → `10.1.2.0/24`. */
export function networkOf(address: string, prefix: number): string {
  const size = 2 ** (32 - prefix)
  return `${dotted(Math.floor(start(address) / size) * size)}/${prefix}`
}
