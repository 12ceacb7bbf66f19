export type Release = readonly [number, number, number]

/** `1.8.3` as numbers; null for anything but a release (no candidates, no development versions). */
export function releaseOf(text: string): Release | null {
  if (!/^\d+(?:\.\d+){0,3}$/.test(text)) return null
  const [major = 0, minor = 0, patch = 0] = text.split('.').map(Number)
  return [major, minor, patch]
}

export function compareReleases(a: Release, b: Release): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2]
}

/** The parts of `>=3.10, <3.13`. */
export function clausesOf(specifier: string): string[] {
  return specifier
    .split(/[,\s]+(?=[<>=!~^\d*])/)
    .map((clause) => clause.trim())
    .filter((clause) => clause !== '')
}

/** One clause of PEP 440, or of Poetry's forms (`^1.2`, `~1.2`, `1.2.*`). */
export function satisfiesClause(version: Release, clause: string): boolean {
  const [, operator = '', text = ''] = /^([<>=!~^]{0,3})\s*(.*)$/.exec(clause) ?? []
  const parts = text
    .split('.')
    .map((part) => Number.parseInt(part, 10))
    .filter((part) => !Number.isNaN(part))
  if (parts.length === 0) return true
  const [major = 0, minor = 0, patch = 0] = parts
  const order = compareReleases(version, [major, minor, patch])
  const same = parts.every((part, index) => version[index] === part)
  switch (operator) {
    case '>':
      return order > 0 && !(parts.length < 3 && same)
    case '>=':
      return order >= 0
    case '<':
      return order < 0
    case '<=':
      return order <= 0 || same
    case '!=':
      return !same
    case '~=':
      return order >= 0 && parts.slice(0, -1).every((part, index) => version[index] === part)
    case '~':
      return order >= 0 && version[0] === major && (parts.length < 2 || version[1] === minor)
    case '^':
      return order >= 0 && version[0] === major
    default:
      return same
  }
}
