import { rangeOf } from '../go/versions.ts'
import { nodeRange } from '../node/versions.ts'
import type { ImageBase } from '../plan.ts'

/** A tool that a base needs: what `FROM` asks for. */
export interface BaseTool {
  readonly name: 'node' | 'npm' | 'yarn' | 'go'
  readonly want: string
}

export interface Substitute {
  readonly base: ImageBase
  readonly tools: readonly BaseTool[]
}

/** Suites that Debian's archive still has, by the names that tags have for them. */
const SUITES: Readonly<Record<string, string>> = {
  trixie: 'trixie',
  '13': 'trixie',
  stable: 'trixie',
  latest: 'trixie',
  bookworm: 'bookworm',
  '12': 'bookworm',
  oldstable: 'bookworm',
  bullseye: 'bullseye',
  '11': 'bullseye',
}
const NUMBER: Readonly<Record<string, string>> = { trixie: '13', bookworm: '12', bullseye: '11' }
/** Python as each suite has it, and the suite of a tag that names none. */
const PYTHONS: Readonly<Record<string, string>> = { '3.13': 'trixie', '3.11': 'bookworm', '3.9': 'bullseye' }

/** What the larger images of languages have and the slim ones lack, as far as builds want it. */
const FULL = [
  'autoconf',
  'automake',
  'bzip2',
  'ca-certificates',
  'curl',
  'file',
  'g++',
  'gcc',
  'git',
  'libc6-dev',
  'libffi-dev',
  'libpq-dev',
  'libsqlite3-dev',
  'libssl-dev',
  'make',
  'patch',
  'pkg-config',
  'unzip',
  'wget',
  'xz-utils',
  'zlib1g-dev',
]
const PYTHON = ['ca-certificates', 'python-is-python3', 'python3', 'python3-pip', 'python3-venv']

/** `docker.io/library/node:22` and `node:22` are the same. A digest is kept with the name. */
export function shortName(image: string): { name: string; tag: string; digest: boolean } {
  const plain = image.replace(
    /^(?:(?:registry-1\.|index\.)?docker\.io\/(?:library\/)?|public\.ecr\.aws\/docker\/library\/|library\/)/,
    '',
  )
  const digest = plain.includes('@')
  const [path = ''] = plain.split('@')
  const colon = path.lastIndexOf(':')
  return colon > path.lastIndexOf('/')
    ? { name: path.slice(0, colon), tag: path.slice(colon + 1), digest }
    : { name: path, tag: 'latest', digest }
}

/** What an image's name means here, `aliases` of the operator first; what is not known is pulled from its registry. Pure. */
export function baseOf(
  image: string,
  stackName: string,
  aliases: Readonly<Record<string, string>>,
): Substitute {
  const meant = Object.hasOwn(aliases, image) ? (aliases[image] ?? image) : image
  return substitute(meant, stackName) ?? { base: { kind: 'pull', from: meant }, tools: [] }
}

function substitute(aliased: string, stackName: string): Substitute | null {
  if (aliased === 'scratch') return { base: { kind: 'scratch' }, tools: [] }
  const { name, tag, digest } = shortName(aliased)
  if (digest) return null
  const version = stackName.replace(/^.*-/, '')
  if (name === 'skypanel/stack') {
    if (tag === version || tag === 'latest') return { base: { kind: 'stack', which: 'run' }, tools: [] }
    return tag === `${version}-build` ? { base: { kind: 'stack', which: 'build' }, tools: [] } : null
  }
  if (name === 'debian') return debian(tag)
  if (name === 'node') return node(tag)
  if (name === 'python') return python(tag)
  return name === 'golang' ? golang(tag) : null
}

interface Tag {
  readonly version: string
  readonly suite: string
  readonly slim: boolean
}

/** `22-bookworm-slim`: a version, a suite, slim; each may be missing. null: something else is in it, e.g. alpine. */
function readTag(tag: string, suiteOf: (version: string) => string): Tag | null {
  let version = 'latest'
  let suite: string | null = null
  let slim = false
  for (const [index, part] of tag.split('-').entries()) {
    if (part === 'slim') slim = true
    else if (Object.hasOwn(NUMBER, part)) suite = part
    else if (index === 0 && /^(?:v?\d+(?:\.\d+){0,2}|latest|lts|current|[a-z]+)$/.test(part)) version = part
    else return null
  }
  return version === 'alpine' ? null : { version, suite: suite ?? suiteOf(version), slim }
}

function debian(tag: string): Substitute | null {
  const suite = SUITES[tag.replace(/-slim$/, '').replace(/^(\d+)\.\d+$/, '$1')]
  if (suite === undefined) return null
  const title = `Debian ${NUMBER[suite] ?? suite}`
  return { base: { kind: 'made', suite, packages: [], tools: [], flavor: 'debian', title }, tools: [] }
}

function node(tag: string): Substitute | null {
  const read = readTag(tag, () => 'bookworm')
  if (read === null) return null
  const { version, suite, slim } = read
  const want = nodeRange(version)
  if (want === null) return null
  const packages = slim ? [] : [...FULL, 'python3']
  const title = `Debian ${NUMBER[suite] ?? suite} with Node`
  return {
    base: { kind: 'made', suite, packages, tools: ['node', 'npm', 'yarn'], flavor: 'node', title },
    tools: [
      { name: 'node', want },
      { name: 'npm', want: '*' },
      { name: 'yarn', want: '1' },
    ],
  }
}

function python(tag: string): Substitute | null {
  const read = readTag(tag, (version) => PYTHONS[minor(version)] ?? 'trixie')
  if (read === null) return null
  const { version, suite, slim } = read
  const has = Object.entries(PYTHONS).find(([, one]) => one === suite)?.[0]
  // Debian has one Python in each suite: `3.13.2` and another patch of 3.13 are as close as one that is asked for by `3`.
  const fits = version === 'latest' || version === '3' || minor(version) === has
  if (has === undefined || !fits) return null
  const packages = slim ? PYTHON : [...new Set([...PYTHON, ...FULL, 'python3-dev'])].sort()
  const title = `Debian ${NUMBER[suite] ?? suite} with its Python ${has}`
  return { base: { kind: 'made', suite, packages, tools: [], flavor: 'python', title }, tools: [] }
}

const minor = (version: string) => version.split('.').slice(0, 2).join('.')

function golang(tag: string): Substitute | null {
  const read = readTag(tag, () => 'bookworm')
  if (read === null || read.slim) return null
  const want = rangeOf(read.version)
  if (want === null) return null
  const { suite } = read
  const title = `Debian ${NUMBER[suite] ?? suite} with Go`
  return {
    base: { kind: 'made', suite, packages: FULL, tools: ['go'], flavor: 'golang', title },
    tools: [{ name: 'go', want }],
  }
}
