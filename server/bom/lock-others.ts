import { parse } from 'smol-toml'
import { z } from 'zod'
import type { Declared, Ecosystem } from './component.ts'

const one = (ecosystem: Ecosystem, name: string, version: string, from: string, dev = false): Declared => ({
  ecosystem,
  name,
  version,
  from,
  dev,
})

/** As the index writes it: `Flask_Login` is `flask-login`. */
const normal = (name: string) => name.toLowerCase().replaceAll(/[._-]+/g, '-')

/** Exact pins of a requirements file. Pure. */
export function requirements(text: string, from: string): Declared[] {
  return [
    ...text.matchAll(
      /^\s*([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*===?\s*([A-Za-z0-9][^\s;#\\*,]*)\s*(?=[;#\\\s]|$)/gm,
    ),
  ].map(([, name = '', version = '']) => one('pypi', normal(name), version, from))
}

const TomlPackages = z.object({
  package: z
    .array(
      z.object({
        name: z.string(),
        version: z.string().optional(),
        category: z.string().optional(),
        groups: z.array(z.string()).optional(),
        source: z.unknown().optional(),
      }),
    )
    .default([]),
})

/** poetry.lock, uv.lock and pdm.lock. Pure. */
export function pythonToml(text: string, from: string): Declared[] {
  return TomlPackages.parse(parse(text)).package.flatMap(({ name, version, category, groups, source }) => {
    // The app itself, and what lies in its folder.
    const own = typeof source === 'object' && source !== null && ('virtual' in source || 'editable' in source)
    if (version === undefined || own) return []
    const dev =
      category === 'dev' || (groups !== undefined && !groups.includes('main') && !groups.includes('default'))
    return [one('pypi', normal(name), version, from, dev)]
  })
}

const Pipfile = z.record(
  z.string(),
  z.record(z.string(), z.object({ version: z.string().optional() }).loose()),
)

export function pipfileLock(text: string, from: string): Declared[] {
  const { default: main = {}, develop = {} } = Pipfile.parse({ ...JSON.parse(text), _meta: {} })
  const read = (part: typeof main, dev: boolean) =>
    Object.entries(part).flatMap(([name, { version }]) =>
      version?.startsWith('==') === true ? [one('pypi', normal(name), version.slice(2), from, dev)] : [],
    )
  return [...read(main, false), ...read(develop, true)]
}

/** Cargo.lock: what came from a registry. Pure. */
export function cargoLock(text: string, from: string): Declared[] {
  return TomlPackages.parse(parse(text)).package.flatMap(({ name, version, source }) =>
    version === undefined || typeof source !== 'string' ? [] : [one('cargo', name, version, from)],
  )
}

/** go.sum, which names every module that was looked at, cut down by go.mod where that lists all that is built. Pure. */
export function goModules(sum: string, mod: string | null, from: string): Declared[] {
  const listed = new Map<string, string>()
  for (const [, name = '', version = ''] of (mod ?? '').matchAll(
    /^\s*(?:require\s+)?([\w./~-]+\.[\w./~-]+)\s+(v\d\S*)/gm,
  ))
    listed.set(name, version)
  if (listed.size > 0) return [...listed].map(([name, version]) => one('golang', name, version, from))
  return [...sum.matchAll(/^(\S+) (v\S+) h1:/gm)]
    .filter(([, , version = '']) => !version.endsWith('/go.mod'))
    .map(([, name = '', version = '']) => one('golang', name, version, from))
}

/** The `specs:` of Gemfile.lock; platforms are cut off. Pure. */
export function gemfileLock(text: string, from: string): Declared[] {
  const found: Declared[] = []
  let gems = false
  for (const line of text.split('\n')) {
    if (/^\S/.test(line)) gems = line === 'GEM'
    const [, name, version] = /^ {4}(\S+) \(([0-9][^)-]*)(?:-[^)]*)?\)/.exec(line) ?? []
    if (gems && name !== undefined && version !== undefined) found.push(one('gem', name, version, from))
  }
  return found
}

const Composer = z.object({
  packages: z.array(z.object({ name: z.string(), version: z.string() })).default([]),
  'packages-dev': z.array(z.object({ name: z.string(), version: z.string() })).default([]),
})

/** composer.lock. Pure. */
export function composerLock(text: string, from: string): Declared[] {
  const { packages, 'packages-dev': dev } = Composer.parse(JSON.parse(text))
  const read = (part: typeof packages, only: boolean) =>
    part.map(({ name, version }) => one('composer', name, version.replace(/^v(?=\d)/, ''), from, only))
  return [...read(packages, false), ...read(dev, true)]
}

/** gradle.lockfile: `group:artifact:version=configurations`. Pure. */
export function gradleLock(text: string, from: string): Declared[] {
  return [...text.matchAll(/^([\w.-]+):([\w.-]+):([\w.+-]+)=(.*)$/gm)].map(
    ([, group = '', artifact = '', version = '', uses = '']) =>
      one('maven', `${group}:${artifact}`, version, from, !/runtime|productionRuntime|default/i.test(uses)),
  )
}

/** Dependencies of a pom.xml that state a version; what a parent or a BOM decides is told by the jars. Pure. */
export function pom(text: string, from: string): Declared[] {
  return [...text.matchAll(/<dependency>([\s\S]*?)<\/dependency>/g)].flatMap(([, body = '']) => {
    const tag = (name: string) => new RegExp(`<${name}>\\s*([^<$\\s]+)\\s*</${name}>`).exec(body)?.[1]
    const [group, artifact, version] = [tag('groupId'), tag('artifactId'), tag('version')]
    if (group === undefined || artifact === undefined || version === undefined) return []
    return [
      one('maven', `${group}:${artifact}`, version, from, ['test', 'provided'].includes(tag('scope') ?? '')),
    ]
  })
}

/** mix.lock: `"name": {:hex, :name, "1.0.0", …`. Pure. */
export function mixLock(text: string, from: string): Declared[] {
  return [...text.matchAll(/^\s*"([\w-]+)":\s*\{:hex,\s*:\w+,\s*"([^"]+)"/gm)].map(
    ([, name = '', version = '']) => one('hex', name, version, from),
  )
}
