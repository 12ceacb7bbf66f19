import type { Tool } from '../plan.ts'

/**
 * Pythons of other Debian suites that run over the stack's libraries: minor version → suite and packages, which are
 * unpacked without what they depend on, so what the stack lacks of that is named.
 */
const SUITES: Readonly<Record<string, { suite: string; also: readonly string[] }>> = {
  '3.9': {
    suite: 'bullseye',
    also: ['libssl1.1', 'libffi7', 'libmpdec3', 'python3-distutils', 'python3-lib2to3'],
  },
  '3.11': { suite: 'bookworm', also: [] },
  '3.14': { suite: 'sid', also: [] },
  '3.15': { suite: 'sid', also: [] },
}

/** Minor versions besides the stack's, oldest first. */
export const OTHER_PYTHONS: readonly string[] = Object.keys(SUITES)

/** A Python as a layer over the stack; null when Debian has none. Its interpreter is `/usr/bin/python<minor>`. */
export function pythonLayer(minor: string): NonNullable<Tool['layer']> | null {
  const found = Object.hasOwn(SUITES, minor) ? SUITES[minor] : undefined
  if (found === undefined) return null
  const name = `python${minor}`
  const packages = [
    name,
    `${name}-minimal`,
    `${name}-dev`,
    `${name}-venv`,
    `lib${name}`,
    `lib${name}-minimal`,
    `lib${name}-stdlib`,
    `lib${name}-dev`,
  ]
  return { suite: found.suite, packages: [...packages, ...found.also] }
}
