import type { FileView } from '../file-view.ts'
import { type Refusal, refuse } from '../provider.ts'

/** Each pattern is matched against every file of the app. */
const MAX_WORKSPACES = 100

export interface PackageJson {
  readonly name: string | null
  readonly main: string | null
  /** ES modules by default. */
  readonly esm: boolean
  readonly packageManager: string | null
  readonly scripts: Readonly<Record<string, string>>
  readonly engines: Readonly<Record<string, string>>
  /** `devEngines`, each entry as `name@range`. */
  readonly devEngines: {
    readonly runtime: readonly NamedRange[]
    readonly packageManager: readonly NamedRange[]
  }
  readonly volta: Readonly<Record<string, string>>
  /** Names of the settings for pnpm. */
  readonly pnpm: readonly string[]
  /** dependencies and optionalDependencies. */
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly workspaces: readonly string[]
  /** Files that become commands. */
  readonly bin: readonly string[]
}

export interface NamedRange {
  readonly name: string
  readonly range: string
}

/**
 * Reads a package.json as tolerantly as npm does: a field of the wrong type counts as absent. What npm could not read
 * either (no JSON, no object) is refused with the place.
 */
export function readPackageJson(
  view: FileView,
  path = 'package.json',
): { ok: true; pkg: PackageJson } | Refusal {
  const file = view.read(path)
  if (!file.ok) {
    switch (file.reason) {
      case 'missing':
        return refuse(`There is no ${path}`, 'Make one with `npm init`, and commit it.')
      case 'too-large':
        return refuse(
          `${path} is larger than 1 MiB`,
          'A manifest of that size is no manifest: move data into files of its own.',
        )
      case 'binary':
        return refuse(`${path} is not a text file`, 'Save it as UTF-8.')
      case 'outside':
        return refuse(`${path} is a link that leads out of the app`, 'Commit the file itself.')
      case 'not-a-file':
        return refuse(`${path} is not a file`, 'A Node.js app has a package.json file at its root.')
    }
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(file.text)
  } catch (error) {
    const place = placeOf(file.text, error)
    return refuse(
      `${path} is not valid JSON (line ${place.line}, column ${place.column})`,
      'Look for a missing or superfluous comma or quote there. JSON knows no comments.',
    )
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return refuse(`${path} does not hold a JSON object`, 'Make one with `npm init`, and commit it.')
  }
  return { ok: true, pkg: shape(parsed as Record<string, unknown>) }
}

function shape(json: Record<string, unknown>): PackageJson {
  const workspaces = json['workspaces']
  const nested =
    typeof workspaces === 'object' && workspaces !== null && !Array.isArray(workspaces)
      ? (workspaces as Record<string, unknown>)['packages']
      : workspaces
  const devEngines = record(json['devEngines'])
  return {
    name: typeof json['name'] === 'string' ? json['name'] : null,
    main: typeof json['main'] === 'string' ? json['main'] : null,
    esm: json['type'] === 'module',
    packageManager: typeof json['packageManager'] === 'string' ? json['packageManager'] : null,
    scripts: strings(json['scripts']),
    engines: strings(json['engines']),
    devEngines: {
      runtime: namedRanges(devEngines['runtime']),
      packageManager: namedRanges(devEngines['packageManager']),
    },
    volta: strings(json['volta']),
    pnpm: Object.keys(record(json['pnpm'])),
    dependencies: { ...strings(json['optionalDependencies']), ...strings(json['dependencies']) },
    devDependencies: strings(json['devDependencies']),
    workspaces: Array.isArray(nested)
      ? nested.filter((word): word is string => typeof word === 'string').slice(0, MAX_WORKSPACES)
      : [],
    bin:
      typeof json['bin'] === 'string'
        ? [json['bin']]
        : Object.values(strings(json['bin'])).slice(0, MAX_WORKSPACES),
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {}
}

/** An entry of devEngines, or a list of them. */
function namedRanges(value: unknown): NamedRange[] {
  return (Array.isArray(value) ? value : [value]).flatMap((one: unknown) => {
    const { name, version } = record(one)
    if (typeof name !== 'string') return []
    return [{ name, range: typeof version === 'string' && version.trim() !== '' ? version.trim() : '*' }]
  })
}

function strings(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {}
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

/** The parser only gives a position (or none, at the end); people look for lines. */
function placeOf(text: string, error: unknown): { line: number; column: number } {
  const said = /position (\d+)/.exec(error instanceof Error ? error.message : '')
  const before = text.slice(0, said === null ? text.length : Number(said[1]))
  const lines = before.split('\n')
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
}

export function hasDependency(pkg: PackageJson, name: string): boolean {
  return name in pkg.dependencies || name in pkg.devDependencies
}
