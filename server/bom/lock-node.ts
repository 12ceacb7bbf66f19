import { z } from 'zod'
import type { Declared } from './component.ts'

const Lock = z.object({
  packages: z
    .record(
      z.string(),
      z.object({
        version: z.string().optional(),
        name: z.string().optional(),
        dev: z.boolean().optional(),
        link: z.boolean().optional(),
      }),
    )
    .optional(),
  dependencies: z.record(z.string(), z.unknown()).optional(),
})
const Old = z.object({
  version: z.string(),
  dev: z.boolean().optional(),
  dependencies: z.record(z.string(), z.unknown()).optional(),
})

/** package-lock.json and npm-shrinkwrap.json of all versions. Pure. */
export function npmLock(text: string, from: string): Declared[] {
  const lock = Lock.parse(JSON.parse(text))
  if (lock.packages !== undefined)
    return Object.entries(lock.packages).flatMap(([path, { version, name, dev, link }]) => {
      const at = path.lastIndexOf('node_modules/')
      if (at < 0 || version === undefined || link === true) return []
      const own = name ?? path.slice(at + 'node_modules/'.length)
      return [{ ecosystem: 'npm', name: own, version, from, dev: dev === true }]
    })
  const found: Declared[] = []
  const walk = (dependencies: Record<string, unknown>) => {
    for (const [name, value] of Object.entries(dependencies)) {
      const parsed = Old.safeParse(value)
      if (!parsed.success) continue
      const { version, dev, dependencies: below } = parsed.data
      if (/^\d/.test(version)) found.push({ ecosystem: 'npm', name, version, from, dev: dev === true })
      if (below !== undefined) walk(below)
    }
  }
  walk(lock.dependencies ?? {})
  return found
}

/** yarn.lock, of classic and of berry. It does not say what is for development. Pure. */
export function yarnLock(text: string, from: string): Declared[] {
  const found: Declared[] = []
  let names: string[] = []
  for (const line of text.split('\n')) {
    const head = /^("?[^\s#].*):\s*$/.exec(line)?.[1]
    if (head !== undefined) {
      names = head.split(/,\s*/).flatMap((one) => {
        const [, name, range = ''] = /^(@?[^@]+)@(.*)$/.exec(one.replaceAll('"', '')) ?? []
        const alias = /^npm:(@?[^@]+)@/.exec(range)?.[1]
        const local = /^(workspace|link|portal|file):/.test(range)
        return name === undefined || local ? [] : [alias ?? name]
      })
      continue
    }
    const version = /^\s+"?version"?:?\s+"?([^"\s]+)"?/.exec(line)?.[1]
    if (version === undefined || !/^\d/.test(version)) continue
    for (const name of new Set(names)) found.push({ ecosystem: 'npm', name, version, from, dev: false })
    names = []
  }
  return found
}

/** The keys below `packages:` of pnpm-lock.yaml: `/name@1.0.0(peer)`, `/name/1.0.0`, `name@1.0.0`. Pure. */
export function pnpmLock(text: string, from: string): Declared[] {
  const found: Declared[] = []
  let inside = false
  let last: Declared | null = null
  for (const line of text.split('\n')) {
    if (/^\S/.test(line)) inside = line.startsWith('packages:')
    if (!inside) continue
    const key = /^ {2}'?\/?([^\s':][^']*?)'?:\s*$/.exec(line)?.[1]
    if (key === undefined) {
      // Older versions of the file say it of each package.
      if (last !== null && /^ {4}dev: true/.test(line)) found[found.length - 1] = { ...last, dev: true }
      continue
    }
    const [, name, version] = /^((?:@[^/]+\/)?[^/@]+)[@/](\d[^(_]*)/.exec(key) ?? []
    last =
      name === undefined || version === undefined
        ? null
        : { ecosystem: 'npm', name, version, from, dev: false }
    if (last !== null) found.push(last)
  }
  return found
}

/** bun.lock: JSON with trailing commas, whose `packages` begin with `name@version`. Pure. */
export function bunLock(text: string, from: string): Declared[] {
  return [...text.matchAll(/^\s*"[^"]+":\s*\["((?:@[^/"]+\/)?[^@"]+)@(\d[^"]*)"/gm)].map(
    ([, name = '', version = '']) => ({ ecosystem: 'npm', name, version, from, dev: false }),
  )
}
