import { readAptfile } from './aptfile.ts'
import { ask, type Candidate, choose } from './ask.ts'
import { appFolders } from './app-folders.ts'
import { appRoot } from './app-root.ts'
import { cronEntries } from './cron-entries.ts'
import { type FileView, subView } from './file-view.ts'
import { own } from './own.ts'
import { withOwnCaches } from './own-caches.ts'
import { joinCompanions } from './companion.ts'
import { driverWish } from './driver-wish.ts'
import { type NamedLanguage, namedBuildpacks, namedLanguage } from './named.ts'
import { BuildPlan, type Note, PLAN_VERSION, type PlanResult } from './plan.ts'
import { processHealth } from './process-health.ts'
import type { ProcfileEntry, ProcfileResult } from './procfile.ts'
import { readProcfile } from './read-procfile.ts'
import type { LanguagePlan, Provider } from './provider.ts'
import { override, type PlanSettings } from './settings.ts'
import { wantsTests, withTests } from './test-stage.ts'

type Asked = { provider: string; why: string }
type Failure = Extract<PlanResult, { ok: false }>

/**
 * What the source is and how to build it. Pure apart from reading through the view: the same tree, settings and
 * languages give the same bytes. Tools are requests still; `inventory/resolve.ts` makes them exact.
 */
export function planApp(view: FileView, settings: PlanSettings, providers: readonly Provider[]): PlanResult {
  const looked = askAll(view, settings, providers)
  if (!looked.ok) return failure(looked.message, looked.hint)
  const { candidates, procfile, root } = looked
  const asked = candidates.map(({ provider, found }) => ({
    provider: provider.manifest.name,
    why: found.why,
  }))
  const main = choose(candidates, looked.named)
  if (main === null) return nobody(looked.named, providers, asked, view)
  const planned = main.provider.plan(main.context)
  if (!planned.ok) return failure(planned.message, planned.hint)
  const apt = readAptfile(main.context.view)
  if (!apt.ok) return failure(apt.message, apt.hint)
  const joined = joinCompanions(main, planned, candidates)
  const { beside } = joined
  const here = main.context.view.exists('skypanel.toml') ? main.context.view : view
  const wish = driverWish(here)
  if (!wish.ok) return failure(wish.message, wish.hint)
  const plan = withOwnCaches(withPackages(joined.plan, apt.packages), here)
  const folder = planned.root === '.' ? root : '.'
  const tested = withTests(plan, main.context, folder)
  if (!tested.ok) return failure(tested.message, tested.hint)
  const notes = [
    ...looked.notes,
    ...namedNotes(looked.named, main, choose(candidates, null)),
    ...besideNotes(main, candidates),
  ]
  const health = processHealth(here, main.context.view)
  if (!health.ok) return failure(health.message, health.hint)
  const cron = cronEntries(here, main.context.view)
  if (!cron.ok) return failure(cron.message, cron.hint)
  return assemble(
    main,
    { ...tested, notes: [...notes, ...tested.notes, ...health.notes] },
    planned.root ?? root,
    procfile,
    beside,
    {
      ...(Object.keys(health.health).length === 0 ? {} : { health: health.health }),
      ...(wish.driver === undefined ? {} : { driver: wish.driver }),
      ...(cron.entries.length === 0 ? {} : { cron: [...cron.entries] }),
    },
  )
}

/** What a name that somebody gave made of the choice. */
function namedNotes(named: NamedLanguage | null, { provider }: Candidate, surest: Candidate | null): Note[] {
  if (named === null) return []
  const { title } = provider.manifest
  if (named.provider !== provider.manifest.name) {
    const message = `${named.from} names the buildpack ${named.name}, whose files are not there; the app is built as ${title}.`
    return [{ level: 'warn', code: 'buildpack.unfit', message }]
  }
  if (surest === null || surest.provider === provider) return []
  const message = `${named.from} says that this is ${title}; by its files it would be ${surest.provider.manifest.title}.`
  return [{ level: 'info', code: 'buildpack.named', message }]
}

/** Ways to build that fit as well and do not show by what was built. */
function besideNotes(main: Candidate, candidates: readonly Candidate[]): Note[] {
  return candidates.flatMap(({ provider, found }) => {
    const { name, beside } = provider.manifest
    if (beside === undefined || provider === main.provider || found.confidence === 0) return []
    return [{ level: 'info' as const, code: `${name}.beside`, message: beside }]
  })
}

export interface Looked {
  readonly ok: true
  /** Folder of the app in the repository. */
  readonly root: string
  readonly procfile: Extract<ProcfileResult, { ok: true }>
  /** Every language that there is, in the order of asking. */
  readonly candidates: readonly Candidate[]
  /** The language that a setting or a file of the app names. */
  readonly named: NamedLanguage | null
  readonly notes: readonly Note[]
}

/** Asks each language about the app; says what lies in the way of asking. */
export function askAll(
  repository: FileView,
  settings: PlanSettings,
  providers: readonly Provider[],
): Looked | { ok: false; message: string; hint: string } {
  const found = appRoot(repository, settings)
  if (!found.ok) return found
  const { root } = found
  const view = root === '.' ? repository : subView(repository, root)
  if (view.list().length === 0) {
    return {
      ok: false,
      message: `There are no files to build${root === '.' ? '' : ` in ${root}`}`,
      hint: 'Commit the app first: `git add . && git commit`, then push again.',
    }
  }
  const procfile = readProcfile(view)
  if (!procfile.ok) return procfile
  const above = root === '.' ? {} : { above: { view: repository, folder: root } }
  const tests = wantsTests({ view, settings })
  const candidates = providers.map((provider) =>
    ask(provider, {
      view,
      settings,
      manifest: provider.manifest,
      procfile: procfile.processes,
      ...above,
      ...(tests ? { tests } : {}),
    }),
  )
  const said = namedBuildpacks(view, settings)
  const confidence = (name: string) =>
    candidates.find(({ provider }) => provider.manifest.name === name)?.found.confidence ?? 0
  const { language, notes } =
    said === null ? { language: null, notes: [] } : namedLanguage(said, providers, confidence)
  return { ok: true, root, procfile, candidates, named: language, notes }
}

function nobody(
  named: NamedLanguage | null,
  providers: readonly Provider[],
  asked: readonly Asked[],
  view: FileView,
): Failure {
  const known = providers.map(({ manifest }) => manifest.name).join(', ')
  if (named !== null && named.strict) {
    return failure(
      `There is no buildpack "${named.name}"`,
      `Set ${named.from} to one of ${known}, or unset it to have the language detected.`,
      asked,
    )
  }
  const folders = appFolders(view, providers)
  if (folders.length > 0) {
    return failure(
      'No language was recognised at the root of this repository',
      `These folders look like apps: ${folders.join(', ')}. Name the one to deploy, as in SKYPANEL_ROOT=${folders[0] ?? ''}.`,
      asked,
    )
  }
  return failure(
    'No language was recognised in this app',
    `An app is known by files at the root of its repository: ${KNOWN_BY}. SkyPanel builds: ${known}.`,
    asked,
  )
}

/** What most apps are known by. */
const KNOWN_BY =
  'package.json, requirements.txt or pyproject.toml, Gemfile, go.mod, composer.json, pom.xml, Cargo.toml, mix.exs, index.html'

/** What an Aptfile names is there for the build and for instances, whatever it is meant for. */
function withPackages(plan: LanguagePlan, packages: readonly string[]): LanguagePlan {
  if (packages.length === 0) return plan
  const { build, run } = plan.systemPackages ?? { build: [], run: [] }
  return {
    ...plan,
    systemPackages: {
      build: [...new Set([...build, ...packages])].sort(),
      run: [...new Set([...run, ...packages])].sort(),
    },
  }
}

function assemble(
  main: Candidate,
  planned: LanguagePlan,
  root: string,
  procfile: Extract<ProcfileResult, { ok: true }>,
  beside: BuildPlan['detected'],
  running: Pick<BuildPlan['release'], 'health' | 'cron' | 'driver'>,
): PlanResult {
  const { settings, manifest } = main.context
  const plan: BuildPlan = {
    planVersion: PLAN_VERSION,
    builder: settings.builder,
    source: { root },
    detected: [
      {
        provider: manifest.name,
        role: 'main',
        confidence: main.found.confidence,
        evidence: main.found.evidence.map((file) => ({ file })),
      },
      ...beside,
    ],
    tools: [...planned.tools],
    systemPackages: planned.systemPackages ?? { build: [], run: [] },
    steps: [...planned.steps],
    ...(planned.image === undefined ? {} : { image: planned.image }),
    caches: planned.caches,
    release: {
      include: planned.include,
      env: { ...planned.env },
      static: planned.static,
      processes: processesOf(planned, procfile.processes, settings),
      healthcheck: null,
      ...running,
    },
    ...(planned.flake === undefined ? {} : { flake: planned.flake }),
    notes: [...procfile.notes, ...planned.notes],
  }
  const checked = BuildPlan.safeParse(plan)
  if (checked.success) return { ok: true, plan: checked.data }
  return failure(
    `The buildpack ${manifest.name} made a plan that is not valid: ${checked.error.issues[0]?.path.join('.') ?? ''} ${checked.error.issues[0]?.message ?? ''}`,
    'This is a fault of the buildpack, not of the app.',
  )
}

function processesOf(
  planned: LanguagePlan,
  procfile: Readonly<Record<string, ProcfileEntry>>,
  settings: PlanSettings,
): BuildPlan['release']['processes'] {
  const declared = Object.entries(procfile).map(
    ([type, { command, line }]) =>
      [type, { command: own(planned.rewrites ?? {}, command) ?? command, from: `Procfile:${line}` }] as const,
  )
  const start = override(settings, 'SKYPANEL_START_CMD')
  const run = start === null ? '' : (own(planned.rewrites ?? {}, start.value) ?? start.value)
  const set = start === null ? {} : { web: { command: run, from: start.name } }
  return { ...planned.processes, ...Object.fromEntries(declared), ...set }
}

/** `asked` only where nobody knew the app: who else was asked does not help when its own language refuses it. */
function failure(message: string, hint: string, asked: readonly Asked[] = []): Failure {
  return { ok: false, message, hint, asked }
}
