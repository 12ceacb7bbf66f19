import { posix } from 'node:path'
import type { FileView } from '../file-view.ts'
import { asMember, stepIn } from '../member.ts'
import type { Note, Step } from '../plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, step } from '../provider.ts'
import { flag, override } from '../settings.ts'
import { type GoMain, type Mains, mainsOf } from './mains.ts'
import { CACHE, CACHED, fetchModules, KEPT, offline } from './kept.ts'
import { readModule } from './module.ts'
import { belongsAbove, foreignImports, type GoModules, neededFiles, readModules } from './modules.ts'
import { readSources } from './sources.ts'
import { versions } from './versions.ts'

const ENV = {
  GOTOOLCHAIN: 'auto',
  GOFLAGS: '-modcacherw -trimpath -buildvcs=false',
  GOPATH: `${KEPT}/gopath`,
  ...CACHED,
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
  const installed = !loose && vendored === undefined
  const bin = posix.join(folder, 'bin')
  const files = folder === '.' ? ['.'] : neededFiles(view, modules, vendored ?? null)
  return {
    ok: true,
    tools: asked.tools,
    steps: [
      ...(installed ? [installStep(modules, folder, settings.names)] : []),
      buildStep(mains, folder, files, {
        installed,
        loose,
        network: flag(settings, 'SKYPANEL_BUILD_NETWORK') ?? false,
      }),
    ],
    caches: { go: { dir: CACHE, scope: 'app' } },
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

/** What go.mod and go.work name. A change of the app's own code leaves it as it is. */
function installStep({ all, workspace }: GoModules, folder: string, names: readonly string[]): Step {
  const manifests = all.flatMap((module) => [module.folder, ...module.replaced])
  const files = manifests.flatMap((at) => [posix.join(at, 'go.mod'), posix.join(at, 'go.sum')])
  return step({
    name: 'install',
    files: [...new Set([...files, ...(workspace ? ['go.work', 'go.work.sum'] : [])])],
    commands: [fetchModules(folder)],
    env: ENV,
    network: true,
    caches: ['go'],
    secrets: names.filter((name) => /^(GOPRIVATE|GONOSUMDB|GONOPROXY|GOINSECURE|NETRC)$/.test(name)),
    outputs: ['.sky'],
  })
}

function buildStep(
  mains: readonly GoMain[],
  folder: string,
  files: readonly string[],
  how: { readonly installed: boolean; readonly loose: boolean; readonly network: boolean },
): Step {
  const { installed, loose, network } = how
  const build = mains.map(({ name, target }) =>
    stepIn(folder, `go build -ldflags='-s -w' -o bin/${name} ${target}`),
  )
  return step({
    name: 'build',
    needs: installed ? ['install'] : [],
    files: [...files],
    commands: [
      ...(loose ? ['go mod init app && go mod tidy'] : []),
      `mkdir -p ${posix.join(folder, 'bin')}`,
      ...build,
    ],
    env: { ...ENV, ...(network ? {} : offline(installed)) },
    network,
    secrets: ['*'],
    caches: ['go'],
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
