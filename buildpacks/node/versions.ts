import semver from 'semver'
import type { FileView } from '../file-view.ts'
import { own } from '../own.ts'
import type { Note, Tool } from '../plan.ts'
import { type PlanContext, type Refusal, refuse, request } from '../provider.ts'
import { override } from '../settings.ts'
import { type Declared, fromToolFiles, fromVersionFile } from '../tool-files.ts'
import type { Manager } from './manager-choice.ts'
import type { PackageJson } from './package-json.ts'
import type { Place } from './place.ts'

const CODENAMES: Readonly<Record<string, number>> = {
  fermium: 14,
  gallium: 16,
  hydrogen: 18,
  iron: 20,
  jod: 22,
  krypton: 24,
}

/** Ranges are matched against every version there is. */
const MAX_RANGE = 256

/**
 * Managers that break on newer Nodes without their package saying so: pnpm's HTTP client until 8.3.1 fails on
 * everything from Node 20 on.
 */
const BREAKS: readonly { tool: string; range: string; node: string }[] = [
  { tool: 'pnpm', range: '<8.3.1', node: '<20' },
]

/**
 * Which Node the app asks for: a request only. Settings beat files. `engines` says what the app works with, and a
 * version manager's file what was chosen from that: so the file is taken where it fits, and `engines` where not.
 */
export function nodeVersion(
  { settings }: PlanContext,
  place: Place,
  manager: Manager,
): { ok: true; tool: Tool; notes: Note[] } | Refusal {
  const set = override(settings, 'SKYPANEL_NODE_VERSION', 'NODE_VERSION')
  const given = set === null ? null : { text: set.value, from: set.name }
  const places = place.folder === '.' ? [place] : [place, { view: place.root, pkg: place.rootPkg }]
  const engine = first(places, ({ pkg }) => enginesOf(pkg))
  const file = first(places, ({ view, pkg }) => fileOf(view, pkg))
  const chosen = given ?? narrower(engine, file) ?? byManager(manager) ?? { text: '*', from: 'default' }
  const want = nodeRange(chosen.text)
  if (want === null) {
    return refuse(
      `${chosen.from} asks for Node "${chosen.text.slice(0, 60)}", which is not a version`,
      'Write a version or a range, as in `22`, `22.11.0`, `>=20 <23` or `lts/*`.',
    )
  }
  const notes: Note[] =
    given === null && engine !== null && file !== null && chosen === engine && !within(file, engine)
      ? [
          {
            level: 'warn',
            code: 'node.version.conflict',
            message: `${file.from} asks for Node ${file.text.slice(0, 40)}, which ${engine.from} (${engine.text.slice(0, 40)}) excludes: the latter is followed.`,
          },
        ]
      : []
  const tool = request({ name: 'node', want, from: chosen.from, source: 'npm', phase: ['build', 'run'] })
  return { ok: true, tool, notes }
}

function first<Item>(items: readonly Item[], find: (item: Item) => Declared | null): Declared | null {
  for (const item of items) {
    const found = find(item)
    if (found !== null) return found
  }
  return null
}

function enginesOf(pkg: PackageJson): Declared | null {
  const engine = (pkg.engines['node'] ?? '').trim()
  if (engine !== '') return { text: engine, from: 'package.json#engines.node' }
  const runtime = pkg.devEngines.runtime.find(({ name, range }) => name === 'node' && range !== '*')
  return runtime === undefined ? null : { text: runtime.range, from: 'package.json#devEngines.runtime' }
}

function fileOf(view: FileView, pkg: PackageJson): Declared | null {
  const volta = (pkg.volta['node'] ?? '').trim()
  return (
    (volta === '' ? null : { text: volta, from: 'package.json#volta.node' }) ??
    fromVersionFile(view, '.nvmrc') ??
    fromVersionFile(view, '.node-version') ??
    fromToolFiles(view, 'nodejs', 'node')
  )
}

function narrower(engine: Declared | null, file: Declared | null): Declared | null {
  if (engine === null || file === null) return engine ?? file
  return within(file, engine) ? file : engine
}

function within(file: Declared, engine: Declared): boolean {
  const [inner, outer] = [nodeRange(file.text), nodeRange(engine.text)]
  if (inner === null || outer === null) return false
  if (semver.validRange(inner) === null || semver.validRange(outer) === null) return false
  return semver.subset(inner, outer)
}

/** Where nobody asks for a Node, the one that the asked-for manager works with. */
function byManager({ tool }: Manager): Declared | null {
  if (tool.want === '*') return null
  const broken = BREAKS.find((one) => one.tool === tool.name && semver.subset(tool.want, one.range))
  return broken === undefined
    ? null
    : { text: broken.node, from: `${tool.from}, whose ${tool.name} fails on newer ones` }
}

/** A semver range, or `lts` or `latest`; null when the text is none of the forms that version managers know. */
export function nodeRange(text: string): string | null {
  if (text.length > MAX_RANGE) return null
  const word = text
    .trim()
    .toLowerCase()
    .replace(/^(?:node|nodejs)[@-](?=v?\d)/, '')
  if (word === 'lts/*' || word === 'lts' || word === '--lts') return 'lts'
  if (word === 'node' || word === 'latest' || word === 'current' || word === 'stable') return 'latest'
  const codename = own(CODENAMES, word.replace(/^lts[/-]/, ''))
  if (codename !== undefined) return `${codename}.x`
  if (semver.validRange(word) === null) return null
  return word === text.trim().toLowerCase() ? text.trim() : word
}
