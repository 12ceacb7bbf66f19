import { debianTool } from '../debian-tool.ts'
import { compiledPlan } from '../language-plan.ts'
import type { Note, Step } from '../plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, request, step } from '../provider.ts'
import { flag } from '../settings.ts'
import { type Declared, fromToolFiles, fromVersionFile } from '../tool-files.ts'
import { type Cabal, readCabal } from './cabal.ts'
import { debianPackage } from './debian.ts'

const KEPT = '/app/.sky'
const CABAL = { CABAL_DIR: `${KEPT}/cabal` }
const STACK = { STACK_ROOT: `${KEPT}/stack` }
/** C libraries that programs of GHC are linked with; the others are in them. */
const LIBRARIES = ['libffi8', 'libgmp10', 'libnuma1']
const HEADERS = ['libgmp-dev', 'libncurses-dev', 'libnuma-dev']

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const { view, settings, manifest } = context
  const cabal = readCabal(view)
  if (cabal === null || cabal.programs.length === 0) {
    return refuse(
      `${cabal?.from ?? 'stack.yaml'} names no program`,
      'Add an `executable` to the .cabal file, or `executables` to package.yaml.',
    )
  }
  const network = flag(settings, 'SKYPANEL_BUILD_NETWORK') ?? false
  if (view.exists('stack.yaml') && !view.exists('cabal.project')) return withStack(context, cabal)
  const packages = cabal.needs.map((name) => ({ name, debian: debianPackage(name) }))
  const others = packages.filter(({ debian }) => debian === null).map(({ name }) => name)
  const debian = [...new Set(packages.map(({ debian: name }) => name ?? ''))].filter((name) => name !== '')
  const hpack = !view.exists('*.cabal') && !view.exists('*/*.cabal')
  const asked = debianTool(settings, ghcOf(context), {
    name: 'ghc',
    title: 'GHC',
    version: manifest.defaults['debian'] ?? '',
    keepsOld: true,
    packages: ['ghc', 'cabal-install', ...(hpack ? ['hpack'] : []), ...debian],
    phase: ['build'],
  })
  if (!asked.ok) return asked
  const offline = others.length === 0
  const install = step({
    name: 'install',
    files: ['*.cabal', '*/*.cabal', 'package.yaml', 'cabal.project', 'cabal.project.*'],
    commands: [
      ...(hpack ? ['hpack --force'] : []),
      'cabal update',
      'cabal build --only-dependencies --disable-tests --disable-benchmarks all',
    ],
    env: CABAL,
    network: true,
    outputs: ['.sky'],
  })
  const build = step({
    name: 'build',
    needs: offline ? [] : ['install'],
    files: ['.'],
    commands: [
      'mkdir -p .sky/cabal .sky/programs',
      ...(hpack ? ['hpack --force'] : []),
      // Nobody but Debian is asked: what it has is there already.
      ...(offline ? [`printf 'active-repositories: :none\\n' > .sky/cabal/config`] : []),
      `cabal build -v1 -O1 --disable-tests --disable-benchmarks${offline ? '' : ' --offline'} ${cabal.programs.map((name) => `exe:${name}`).join(' ')}`,
      ...cabal.programs.map((name) => `cp "$(cabal list-bin exe:${name})" .sky/programs/${name}`),
      'rm -rf bin && mv .sky/programs bin && strip bin/*',
    ],
    env: CABAL,
    network,
    secrets: ['*'],
    outputs: ['bin'],
  })
  return compiledPlan(context, {
    tools: [asked.tool],
    steps: offline ? [build] : [install, build],
    libraries: LIBRARIES,
    headers: HEADERS,
    programs: cabal.programs,
    from: cabal.from,
    notes: asked.notes,
  })
}

/** Stack's snapshots name compiler and packages exactly: it fetches both itself. */
function withStack(context: PlanContext, cabal: Cabal): LanguagePlan {
  const { view, settings } = context
  const file = view.read('stack.yaml')
  const resolver = file.ok ? (/^(?:resolver|snapshot):\s*["']?([\w.-]+)/m.exec(file.text)?.[1] ?? null) : null
  const all: Step = step({
    name: 'install',
    files: ['stack.yaml', 'stack.yaml.lock', 'package.yaml', '*.cabal', '*/package.yaml', '*/*.cabal'],
    commands: ['stack --no-terminal build --only-dependencies'],
    env: STACK,
    network: true,
    outputs: ['.sky'],
  })
  const build = step({
    name: 'build',
    needs: ['install'],
    files: ['.'],
    commands: ['stack --no-terminal build --copy-bins --local-bin-path /app/bin', 'strip bin/*'],
    env: STACK,
    network: flag(settings, 'SKYPANEL_BUILD_NETWORK') ?? false,
    secrets: ['*'],
    outputs: ['bin'],
  })
  const notes: Note[] = [
    {
      level: 'info',
      code: 'haskell.stack',
      message: `Stack fetches the compiler and the packages of ${resolver ?? 'its snapshot'} itself; the first build takes long.`,
    },
  ]
  const tool = request({
    name: 'stack',
    want: resolver ?? '*',
    from: resolver === null ? 'default' : 'stack.yaml',
    source: 'debian',
    phase: ['build'],
    layer: { suite: null, packages: ['haskell-stack', 'netbase', 'xz-utils'] },
  })
  return compiledPlan(context, {
    tools: [tool],
    steps: [all, build],
    libraries: LIBRARIES,
    headers: HEADERS,
    programs: cabal.programs,
    from: cabal.from,
    notes,
  })
}

function ghcOf({ view }: PlanContext): Declared | null {
  const project = view.read('cabal.project')
  const text = project.ok ? /^with-compiler:\s*ghc-([\d.]+)/m.exec(project.text)?.[1] : undefined
  return (
    fromVersionFile(view, '.ghc-version') ??
    fromToolFiles(view, 'ghc', 'haskell') ??
    (text === undefined ? null : { text, from: 'cabal.project' })
  )
}
