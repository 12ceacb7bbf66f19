/** `pnpm@10.34.0+sha512.0a1b…`, as corepack writes it into package.json. */
export function parsePackageManager(text: string): { name: string; version: string | null } {
  const [, name = '', version] = /^([^@\s]+)(?:@(\S+))?\s*$/.exec(text.trim()) ?? ['', text.trim()]
  return { name, version: version ?? null }
}

/** Algorithms that a download can be checked by. */
const ALGORITHMS = new Set(['sha1', 'sha256', 'sha512'])

/** The hash behind a version as subresource integrity; null when there is none, or by an algorithm that is not known. */
export function integrityOf(version: string): string | null {
  const [, algorithm = '', hex = ''] = /\+(\w+)\.([0-9a-f]+)$/i.exec(version) ?? []
  if (!ALGORITHMS.has(algorithm) || hex.length % 2 === 1) return null
  return `${algorithm}-${Buffer.from(hex, 'hex').toString('base64')}`
}
