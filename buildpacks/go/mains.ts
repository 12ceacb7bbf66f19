import { posix } from 'node:path'
import type { GoModule } from './module.ts'
import type { GoPackage } from './sources.ts'

export interface GoMain {
  /** Of the binary, in bin/. */
  readonly name: string
  /** As `go build` takes it. */
  readonly target: string
  /** Process type. */
  readonly type: string
  readonly from: string
}
export type Mains = readonly GoMain[]

/** Names by which people call the program that answers requests. */
const WEB = ['web', 'server', 'api', 'app', 'http', 'site']
const NAME = /^[A-Za-z0-9][\w.-]*$/
const NO_APP = /(?:^|\/)(?:examples?|_?samples?|tools?|scripts?|hack|internal|test|tests)(?:\/|$)/

/**
 * Programs of the app: what it names itself, else the root, else what lies in cmd/, else the only one. One of them is
 * `web`, the others are process types by the name of their folder.
 */
export function mainsOf(
  packages: readonly GoPackage[],
  module: GoModule,
  named: { name: string; value: string } | null,
): GoMain[] {
  const mains = packages.filter(({ main, folder }) => main && /^[\w./-]+$/.test(folder))
  const asked = named === null ? module.install : named.value.split(/\s+/).filter((one) => one !== '')
  const from = named === null ? 'go.mod#+heroku install' : named.name
  const chosen =
    asked.length > 0
      ? mains.filter(({ folder }) => asked.some((pattern) => fits(pattern, folder, module)))
      : byConvention(mains)
  const base = lastOf(module.path) ?? 'app'
  const all = chosen.map(({ folder, serves }) => {
    const name = folder === '.' ? base : posix.basename(folder)
    return { name: NAME.test(name) ? name : 'app', folder, serves }
  })
  const unique = all.filter((one, index) => all.findIndex(({ name }) => name === one.name) === index)
  const web =
    unique.find(({ folder }) => folder === '.') ??
    WEB.map((word) => unique.find(({ name }) => name === word)).find((one) => one !== undefined) ??
    unique.find(({ name }) => name === base) ??
    unique.find(({ serves }) => serves) ??
    unique[0]
  return unique.map((one) => ({
    name: one.name,
    target: one.folder === '.' ? '.' : `./${one.folder}`,
    type: one === web ? 'web' : typeOf(one.name),
    from: asked.length > 0 ? from : one.folder === '.' ? 'main package' : one.folder,
  }))
}

function byConvention(mains: readonly GoPackage[]): GoPackage[] {
  const root = mains.filter(({ folder }) => folder === '.')
  const commands = mains.filter(({ folder }) => /(?:^|\/)cmd\/[^/]+$/.test(folder) || folder === 'cmd')
  if (root.length + commands.length > 0) return [...root, ...commands]
  const others = mains.filter(({ folder }) => !NO_APP.test(folder))
  const serving = others.filter(({ serves }) => serves)
  return (serving.length > 0 ? serving : others).slice(0, 1)
}

/** `./cmd/...`, `./cmd/api`, `example.com/shop/cmd/api` or `.`. */
function fits(pattern: string, folder: string, module: GoModule): boolean {
  const own =
    module.path !== null && pattern.startsWith(module.path)
      ? `.${pattern.slice(module.path.length)}`
      : pattern
  const clean = posix.normalize(own.replace(/\/?\.\.\.$/, '')).replace(/\/$/, '')
  if (!pattern.endsWith('...')) return folder === clean
  return clean === '.' || clean === '' || folder === clean || folder.startsWith(`${clean}/`)
}

const lastOf = (path: string | null) =>
  path
    ?.replace(/\/v\d+$/, '')
    .split('/')
    .at(-1)

function typeOf(name: string): string {
  const type = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]/g, '-')
    .replace(/^[^a-z]+/, '')
  return type === '' || type === 'web' ? 'program' : type.slice(0, 30)
}
