import { posix } from 'node:path'
import type { Note, Step } from '../plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, step } from '../provider.ts'
import { flag, override } from '../settings.ts'
import { type GoModule, readModule, readWorkspace } from './module.ts'
import { type GoMain, type Mains, mainsOf } from './mains.ts'
import { CACHE, CACHED, KEEP, KEPT, TAKE } from './kept.ts'
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
  const { view, settings } = context
  const workspace = readWorkspace(view)
  const root = readModule(view, '.')
  const modules = workspace === null ? [root] : workspace.members.map((folder) => readModule(view, folder))
  const asked = versions(context, root.path === null ? (modules[0] ?? root) : root)
  if (!asked.ok) return asked
  const sources = readSources(view)
  const spec = override(settings, 'SKYPANEL_GO_MAIN', 'GO_INSTALL_PACKAGE_SPEC')
  const mains = mainsOf(sources.packages, root, spec)
  if (mains.length === 0) {
    return refuse(
      'This Go app has no program: no folder has a package main',
      'Put `package main` with a `func main` at the root or into cmd/<name>, or name the package in SKYPANEL_GO_MAIN.',
    )
  }
  const vendored = view.exists('vendor/modules.txt')
  const own = modules.flatMap(({ path }) => (path === null ? [] : [path]))
  const foreign = sources.imports.filter(
    (path) => path !== 'C' && !own.some((mine) => path === mine || path.startsWith(`${mine}/`)),
  )
  const loose = root.path === null && workspace === null
  return {
    ok: true,
    tools: asked.tools,
    steps: [
      ...(loose ? [] : [installStep(modules, foreign, vendored, workspace !== null, settings.names)]),
      buildStep(mains, loose, flag(settings, 'SKYPANEL_BUILD_NETWORK') ?? false),
    ],
    caches: loose ? {} : { go: { dir: CACHE, scope: 'app' } },
    include: [
      { step: 'build', paths: ['bin'] },
      { step: 'source', paths: ['.'] },
    ],
    env: { PATH_PREPEND: '/app/bin' },
    static: null,
    processes: processesOf(mains),
    notes: [...sumNotes(view.exists('go.sum'), foreign, vendored, workspace !== null), ...mainNotes(mains)],
  }
}

/**
 * Modules, compiled against a stub that imports what the app imports: a change of the app's own code then costs what
 * compiling that costs. Only manifests and the set of imports are in the step's key.
 */
function installStep(
  modules: readonly GoModule[],
  imports: readonly string[],
  vendored: boolean,
  workspace: boolean,
  names: readonly string[],
): Step {
  const at = (folder: string, name: string) => posix.join(folder, name)
  const files = [
    ...modules.flatMap(({ folder }) => [at(folder, 'go.mod'), at(folder, 'go.sum')]),
    ...modules.flatMap(({ replaced }) => replaced.map((path) => `${path}/**`)),
    ...(workspace ? ['go.work', 'go.work.sum'] : []),
    ...(vendored ? ['vendor/**'] : []),
  ]
  const home = modules[0]?.folder ?? '.'
  const stub = [
    'package main',
    '',
    'import (',
    ...imports.map((path) => `\t_ "${path}"`),
    ')',
    '',
    'func main() {}',
  ]
  const compile = `go build -o /dev/null ./${at(home, 'sky_stub')} || echo "Some packages could not be compiled ahead; they are compiled with the app."`
  return step({
    name: 'install',
    files: [...new Set(files)],
    commands: [
      TAKE,
      ...(vendored ? [] : ['go mod download']),
      `mkdir -p ${at(home, 'sky_stub')}\ncat > ${at(home, 'sky_stub/main.go')} <<'GO'\n${stub.join('\n')}\nGO\n${compile}`,
      KEEP,
    ],
    env: { ...ENV, ...CACHED },
    network: !vendored,
    caches: ['go'],
    secrets: names.filter((name) => /^(GOPRIVATE|GONOSUMDB|GONOPROXY|GOINSECURE|NETRC)$/.test(name)),
    outputs: ['.sky'],
  })
}

function buildStep(mains: readonly GoMain[], loose: boolean, network: boolean): Step {
  const build = mains.map(({ name, target }) => `go build -ldflags='-s -w' -o bin/${name} ${target}`)
  return step({
    name: 'build',
    needs: loose ? [] : ['install'],
    files: ['.'],
    commands: [
      ...(loose ? ['go mod init app && go mod tidy'] : []),
      // Go would throw away what it has not used for days, and all files of the store are of 1970.
      `mkdir -p .sky/gocache && rm -f .sky/gocache/trim.txt && date +%s > .sky/gocache/trim.txt && mkdir -p bin`,
      ...build,
    ],
    env: { ...ENV, ...(network ? {} : { GOPROXY: 'off' }) },
    network,
    secrets: ['*'],
    outputs: ['bin'],
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
