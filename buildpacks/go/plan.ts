import { posix } from 'node:path'
import type { FileView } from '../file-view.ts'
import { asMember, stepIn } from '../member.ts'
import type { Note, Step } from '../plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, step } from '../provider.ts'
import { flag, override } from '../settings.ts'
import { type GoMain, type Mains, mainsOf } from './mains.ts'
import { CACHE, CACHED, keep, KEPT, TAKE } from './kept.ts'
import { readModule } from './module.ts'
import { belongsAbove, foreignImports, type GoModules, neededFiles, readModules } from './modules.ts'
import { readSources } from './sources.ts'
import { versions } from './versions.ts'

const ENV = {
  GOTOOLCHAIN: 'auto',
  GOFLAGS: '-modcacherw -trimpath -buildvcs=false',
  GOMODCACHE: `${KEPT}/gomod`,
  GOCACHE: `${KEPT}/gocache`,
  GOPATH: `${KEPT}/gopath`,
}

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const { view, above } = context
  if (above === undefined || !belongsAbove(above.view, above.folder)) return planIn(context, view, '.')
  const planned = planIn(context, above.view, above.folder)
  return planned.ok ? asMember(planned, context, above.folder) : planned
}

/** `folder` is the app's own in what is built, `.` when that is all of it. */
function planIn(context: PlanContext, view: FileView, folder: string): LanguagePlan | Refusal {
  const { settings } = context
  const modules = readModules(view, folder)
  const { main, workspace } = modules
  const asked = versions({ ...context, view: main.path === null ? view : context.view }, main)
  if (!asked.ok) return asked
  const spec = override(settings, 'SKYPANEL_GO_MAIN', 'GO_INSTALL_PACKAGE_SPEC')
  const mains = mainsOf(readSources(context.view).packages, readModule(context.view, '.'), spec)
  if (mains.length === 0) {
    return refuse(
      'This Go app has no program: no folder has a package main',
      'Put `package main` with a `func main` at the root or into cmd/<name>, or name the package in SKYPANEL_GO_MAIN.',
    )
  }
  const vendored = [posix.join(folder, 'vendor'), ...(workspace ? ['vendor'] : [])].find((path) =>
    view.exists(`${path}/modules.txt`),
  )
  const foreign = foreignImports(view, modules, folder)
  const loose = main.path === null && !workspace
  const bin = posix.join(folder, 'bin')
  const files = folder === '.' ? ['.'] : neededFiles(view, modules, vendored ?? null)
  return {
    ok: true,
    tools: asked.tools,
    steps: [
      ...(loose ? [] : [installStep(modules, folder, foreign, vendored ?? null, settings.names)]),
      buildStep(mains, folder, files, loose, flag(settings, 'SKYPANEL_BUILD_NETWORK') ?? false),
    ],
    caches: loose ? {} : { go: { dir: CACHE, scope: 'app' } },
    include: [
      { step: 'build', paths: [bin] },
      { step: 'source', paths: folder === '.' ? ['.'] : [folder] },
    ],
    env: { PATH_PREPEND: posix.join('/app', bin) },
    static: null,
    processes: processesOf(mains),
    notes: [
      ...sumNotes(view.exists(posix.join(folder, 'go.sum')), foreign, vendored !== undefined, workspace),
      ...mainNotes(mains),
    ],
  }
}

/**
 * Modules, compiled against a stub that imports what the app imports: a change of the app's own code then costs what
 * compiling that costs. Only manifests and the set of imports are in the step's key.
 */
function installStep(
  { all, workspace }: GoModules,
  folder: string,
  imports: readonly string[],
  vendor: string | null,
  names: readonly string[],
): Step {
  const at = (where: string, name: string) => posix.join(where, name)
  const files = [
    ...all.flatMap((module) => [at(module.folder, 'go.mod'), at(module.folder, 'go.sum')]),
    ...all.flatMap(({ replaced }) => replaced.map((path) => `${path}/**`)),
    ...(workspace ? ['go.work', 'go.work.sum'] : []),
    ...(vendor === null ? [] : [`${vendor}/**`]),
  ]
  const home = folder === '.' ? (all[0]?.folder ?? '.') : folder
  const stub = [
    'package main',
    '',
    'import (',
    ...imports.map((path) => `\t_ "${path}"`),
    ')',
    '',
    'func main() {}',
  ]
  const compile = `${stepIn(folder, `go build -o /dev/null ./${folder === '.' ? at(home, 'sky_stub') : 'sky_stub'}`)} || echo "Some packages could not be compiled ahead; they are compiled with the app."`
  return step({
    name: 'install',
    files: [...new Set(files)],
    commands: [
      TAKE,
      ...(vendor === null ? [stepIn(folder, 'go mod download')] : []),
      `mkdir -p ${at(home, 'sky_stub')}\ncat > ${at(home, 'sky_stub/main.go')} <<'GO'\n${stub.join('\n')}\nGO\n${compile}`,
      keep(folder),
    ],
    env: { ...ENV, ...CACHED },
    network: vendor === null,
    caches: ['go'],
    secrets: names.filter((name) => /^(GOPRIVATE|GONOSUMDB|GONOPROXY|GOINSECURE|NETRC)$/.test(name)),
    outputs: ['.sky'],
  })
}

function buildStep(
  mains: readonly GoMain[],
  folder: string,
  files: readonly string[],
  loose: boolean,
  network: boolean,
): Step {
  const build = mains.map(({ name, target }) =>
    stepIn(folder, `go build -ldflags='-s -w' -o bin/${name} ${target}`),
  )
  return step({
    name: 'build',
    needs: loose ? [] : ['install'],
    files: [...files],
    commands: [
      ...(loose ? ['go mod init app && go mod tidy'] : []),
      // Go would throw away what it has not used for days, and all files of the store are of 1970.
      `mkdir -p .sky/gocache && rm -f .sky/gocache/trim.txt && date +%s > .sky/gocache/trim.txt && mkdir -p ${posix.join(folder, 'bin')}`,
      ...build,
    ],
    env: { ...ENV, ...(network ? {} : { GOPROXY: 'off' }) },
    network,
    secrets: ['*'],
    outputs: [posix.join(folder, 'bin')],
  })
}

function processesOf(mains: readonly GoMain[]): LanguagePlan['processes'] {
  return Object.fromEntries(mains.map(({ name, type, from }) => [type, { command: `bin/${name}`, from }]))
}

function sumNotes(sum: boolean, foreign: readonly string[], vendored: boolean, workspace: boolean): Note[] {
  const others = foreign.some((path) => path.split('/')[0]?.includes('.') === true)
  if (sum || vendored || workspace || !others) return []
  return [
    {
      level: 'warn',
      code: 'go.sum.missing',
      message: 'There is no go.sum, so versions of modules are not checked: run `go mod tidy` and commit it.',
    },
  ]
}

function mainNotes(mains: Mains): Note[] {
  const others = mains.filter(({ type }) => type !== 'web')
  if (others.length === 0) return []
  return [
    {
      level: 'info',
      code: 'go.mains',
      message: `Programs besides web: ${others.map(({ type, from }) => `${type} (${from})`).join(', ')}. A Procfile says otherwise.`,
    },
  ]
}
