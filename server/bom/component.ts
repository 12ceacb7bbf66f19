import { z } from 'zod'

export const ECOSYSTEMS = [
  'npm',
  'pypi',
  'golang',
  'cargo',
  'gem',
  'composer',
  'maven',
  'deb',
  'hex',
  'nuget',
  'generic',
] as const
export type Ecosystem = (typeof ECOSYSTEMS)[number]

/** One package of a release, by the name that its ecosystem knows it by: `@scope/name`, `group:artifact`, `vendor/name`. */
export const Component = z.object({
  ecosystem: z.enum(ECOSYSTEMS),
  name: z.string(),
  version: z.string(),
  /** The file or folder that told of it, relative to the app. */
  from: z.string(),
})
export type Component = z.infer<typeof Component>

export const SEVERITIES = ['unknown', 'low', 'medium', 'high', 'critical'] as const

/** A known vulnerability of one package of a build. */
export const Finding = z.object({
  ecosystem: z.enum(ECOSYSTEMS),
  name: z.string(),
  version: z.string(),
  /** As the database that knows it names it, e.g. `GHSA-…`, `PYSEC-…`, `CVE-…`. */
  id: z.string(),
  title: z.string(),
  severity: z.enum(SEVERITIES),
  /** The first version without it; null: none is known. */
  fixedIn: z.string().nullable(),
  url: z.string().nullable(),
  /** Who told: `npm`, `pypi`, `osv`. */
  source: z.string(),
})
export type Finding = z.infer<typeof Finding>

export const keyOf = ({
  ecosystem,
  name,
  version,
}: Pick<Component, 'ecosystem' | 'name' | 'version'>): string => `${ecosystem}:${name}@${version}`

/** Each package once, in a stable order. Pure. */
export function distinct(components: Iterable<Component>): Component[] {
  const found = new Map<string, Component>()
  for (const one of components) if (!found.has(keyOf(one))) found.set(keyOf(one), one)
  return [...found.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
}

/** What a lock file names, told apart by whether a release may hold it. */
export interface Declared extends Component {
  /** Only for development: a release that installs without those does not hold it. */
  readonly dev: boolean
}

/**
 * What a release holds: where an ecosystem's installed packages were found, those; of the others what the lock files
 * promise. Pure.
 */
export function merge(declared: readonly Declared[], installed: readonly Component[]): Component[] {
  const seen = new Set(installed.map(({ ecosystem }) => ecosystem))
  const promised = declared
    .filter(({ ecosystem, dev }) => !dev && !seen.has(ecosystem))
    .map(({ ecosystem, name, version, from }) => ({ ecosystem, name, version, from }))
  return distinct([...installed, ...promised])
}
