import { z } from 'zod'
import type { FileView } from './file-view.ts'
import { own } from './own.ts'
import type { Note } from './plan.ts'
import type { Provider } from './provider.ts'
import { override, type PlanSettings } from './settings.ts'
import { parsed, tableOf } from './tool-files.ts'

/** Buildpacks as somebody named them, in their order. */
export interface NamedBuildpacks {
  readonly names: readonly string[]
  readonly from: string
  /** A setting has to be right; what stands in a file meant for another platform need not. */
  readonly strict: boolean
}

/** Which language was named, and by whom. */
export interface NamedLanguage {
  /** The folder of the language; null: what was named is none of ours. */
  readonly provider: string | null
  readonly name: string
  readonly from: string
  readonly strict: boolean
}

const MAX_NAMES = 20
const AppJson = z.object({
  buildpacks: z
    .array(z.union([z.string(), z.object({ url: z.string() }).transform(({ url }) => url)]))
    .catch([]),
})

/** What buildpacks of other platforms besides languages are here. */
const BESIDE: Readonly<Record<string, string>> = {
  apt: 'an Aptfile is read without it',
  monorepo: 'SKYPANEL_ROOT names the folder of the app',
  subdir: 'SKYPANEL_ROOT names the folder of the app',
  'multi-procfile': 'SKYPANEL_ROOT names the folder of the app',
  'google-chrome': 'name chromium in an Aptfile',
  'chrome-for-testing': 'name chromium in an Aptfile',
  chromedriver: 'name chromium-driver in an Aptfile',
  ffmpeg: 'name ffmpeg in an Aptfile',
  'ffmpeg-latest': 'name ffmpeg in an Aptfile',
  'activestorage-preview': 'name ffmpeg and poppler-utils in an Aptfile',
  imagemagick: 'name imagemagick in an Aptfile',
  geo: 'name gdal-bin and libgeos-dev in an Aptfile',
  jemalloc: 'name libjemalloc2 in an Aptfile, and set LD_PRELOAD',
  procfile: 'a Procfile is read without it',
  metrics: 'metrics are kept without it',
  multi: 'a file .buildpacks is read without it',
}

/** The first place that names buildpacks: settings, skypanel.toml, project.toml, app.json, .buildpacks. */
export function namedBuildpacks(view: FileView, settings: PlanSettings): NamedBuildpacks | null {
  const set = override(settings, 'SKYPANEL_BUILDPACK', 'BUILDPACK_URL')
  if (set !== null) return { names: words(set.value.split(/[\s,]+/)), from: set.name, strict: true }
  const toml = parsed(view, 'skypanel.toml')
  const mine = toml['buildpack'] ?? toml['builder']
  if (typeof mine === 'string') return { names: [mine], from: 'skypanel.toml', strict: true }
  const files: readonly [string, readonly string[]][] = [
    ['project.toml', fromProjectToml(view)],
    ['app.json', fromAppJson(view)],
    ['.buildpacks', fromList(view)],
  ]
  const found = files.find(([, names]) => names.length > 0)
  return found === undefined ? null : { names: words(found[1]), from: found[0], strict: false }
}

/** `[[build.buildpacks]]` or, as of the newer schema, `[[io.buildpacks.group]]`, each with an `id` or a `uri`. */
function fromProjectToml(view: FileView): string[] {
  const file = parsed(view, 'project.toml')
  const lists = [tableOf(file, 'build')['buildpacks'], tableOf(file, 'io', 'buildpacks')['group']]
  const entry = z.object({ id: z.string().optional(), uri: z.string().optional() })
  return lists.flatMap((list) =>
    (Array.isArray(list) ? list : []).flatMap((one: unknown) => {
      const read = entry.safeParse(one)
      const name = read.success ? (read.data.id ?? read.data.uri) : undefined
      return name === undefined ? [] : [name]
    }),
  )
}

function fromAppJson(view: FileView): string[] {
  const file = view.read('app.json', 256 * 1024)
  if (!file.ok) return []
  try {
    return AppJson.parse(JSON.parse(file.text)).buildpacks
  } catch {
    return []
  }
}

function fromList(view: FileView): string[] {
  const file = view.read('.buildpacks', 64 * 1024)
  return file.ok ? file.text.split('\n').filter((line) => !line.trim().startsWith('#')) : []
}

const words = (names: readonly string[]) =>
  names
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .slice(0, MAX_NAMES)

/**
 * The last word of a buildpack's name: `nodejs` of `heroku/nodejs`, `heroku/nodejs@3.2.0`, `urn:cnb:registry:heroku/nodejs`,
 * `https://github.com/heroku/heroku-buildpack-nodejs.git#main` and their like.
 */
export function buildpackWord(name: string): string {
  const path = name
    .toLowerCase()
    .replace(/[#?].*$/, '')
    .replace(/\/+$/, '')
    .replace(/\.(?:git|tgz|tar\.gz|zip)$/, '')
  const last = path.split(/[/:]/).at(-1) ?? ''
  return last
    .replace(/@[^@]*$/, '')
    .replace(/^(?:(?:heroku|dokku|cnb|google|scalingo)-)?(?:buildpacks?-)?/, '')
    .replace(/-(?:buildpack|cnb)$/, '')
}

/** The language that a buildpack builds, by its own name or one that other platforms have for it; null: none. */
export function languageNamed(name: string, providers: readonly Provider[]): string | null {
  const word = buildpackWord(name)
  const found = providers.find(({ manifest }) => manifest.name === word || manifest.aliases.includes(word))
  return found?.manifest.name ?? null
}

/** How sure a language has to be to say what is started, where others are named besides. */
const SURE = 0.5

/**
 * Several buildpacks build one after the other, and the last of them says what is started: unless its files are only
 * there for the others, as a package.json for assets.
 */
export function namedLanguage(
  named: NamedBuildpacks,
  providers: readonly Provider[],
  confidence: (provider: string) => number,
): { language: NamedLanguage | null; notes: Note[] } {
  const known = named.names.map((name) => ({ name, provider: languageNamed(name, providers) }))
  const main =
    known.findLast(({ provider }) => provider !== null && confidence(provider) >= SURE) ??
    known.findLast(({ provider }) => provider !== null && confidence(provider) > 0) ??
    known.findLast(({ provider }) => provider !== null)
  const notes = known
    .filter(({ provider }) => provider === null)
    .map(({ name }) => noteOn(shown(name), own(BESIDE, buildpackWord(name)), named.from))
  if (main !== undefined) return { language: { ...main, from: named.from, strict: named.strict }, notes }
  const [first] = known.filter(({ name }) => own(BESIDE, buildpackWord(name)) === undefined)
  if (first === undefined || !named.strict) return { language: null, notes }
  return {
    language: { provider: null, name: shown(first.name), from: named.from, strict: true },
    notes: [],
  }
}

function noteOn(name: string, beside: string | undefined, from: string): Note {
  return beside === undefined
    ? {
        level: 'warn',
        code: 'buildpack.unknown',
        message: `The buildpack ${name} (${from}) is not run: SkyPanel has its own, one for each language.`,
      }
    : {
        level: 'info',
        code: 'buildpack.beside',
        message: `The buildpack ${name} (${from}) is not needed: ${beside}.`,
      }
}

/** A name may be an address with credentials in it. */
const shown = (name: string) => name.replace(/\/\/[^/@]*@/, '//').slice(0, 120)
