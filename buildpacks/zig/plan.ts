import { compiledPlan } from '../language-plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, request, step } from '../provider.ts'
import { flag, override } from '../settings.ts'
import { type Declared, fromToolFiles, fromVersionFile } from '../tool-files.ts'

const ENV = { ZIG_GLOBAL_CACHE_DIR: '/app/.sky/zig', ZIG_LOCAL_CACHE_DIR: '/tmp/zig' }

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const { view, settings } = context
  const read = (path: string) => {
    const file = view.read(path)
    return file.ok ? file.text.replaceAll(/^[ \t]*\/\/.*$/gm, '') : ''
  }
  const script = read('build.zig')
  const manifest = read('build.zig.zon')
  const declared = declaredBy(context, manifest)
  const want = wanted(declared)
  if (want === null) {
    return refuse(
      `${declared.from} asks for Zig "${declared.text.slice(0, 60)}", which is no release`,
      'Write it as in `0.15.2`; development versions are not published where this platform can get them.',
    )
  }
  const built = script !== ''
  const main = ['src/main.zig', 'main.zig', 'server.zig'].find((path) => view.exists(path))
  const programs = built ? programsOf(script, manifest) : ['app']
  if (programs.length === 0)
    return refuse(
      'build.zig adds no program',
      'Add one with `b.addExecutable`, and install it with `b.installArtifact`.',
    )
  // What is built runs on any machine of the platform, not only on one like that of the build.
  const baseline = script.includes('standardTargetOptions') ? ' -Dcpu=baseline' : ''
  const fetches = /\.url\s*=/.test(manifest)
  const install = step({
    name: 'install',
    files: ['build.zig', 'build.zig.zon'],
    commands: ['zig build --fetch'],
    env: ENV,
    network: true,
    outputs: ['.sky'],
  })
  const build = step({
    name: 'build',
    needs: fetches ? ['install'] : [],
    files: ['.'],
    commands: built
      ? [
          'mkdir -p .sky',
          `zig build --release=safe${baseline} --prefix /tmp/out`,
          'rm -rf bin && mv /tmp/out/bin bin',
        ]
      : ['mkdir -p .sky bin', `zig build-exe -O ReleaseSafe -mcpu baseline -femit-bin=bin/app ${main ?? ''}`],
    env: ENV,
    network: flag(settings, 'SKYPANEL_BUILD_NETWORK') ?? false,
    secrets: ['*'],
    outputs: ['bin'],
  })
  return compiledPlan(context, {
    tools: [request({ name: 'zig', want, from: declared.from, source: 'pypi', phase: ['build'] })],
    steps: fetches ? [install, build] : [build],
    programs,
    from: built ? 'build.zig' : (main ?? ''),
  })
}

function declaredBy({ view, settings }: PlanContext, manifest: string): Declared {
  const set = override(settings, 'SKYPANEL_ZIG_VERSION', 'ZIG_VERSION')
  const least = /\.minimum_zig_version\s*=\s*"([^"]+)"/.exec(manifest)?.[1]
  return (
    (set === null ? null : { text: set.value, from: set.name }) ??
    fromVersionFile(view, '.zig-version') ??
    fromVersionFile(view, '.zigversion') ??
    fromToolFiles(view, 'zig') ??
    (least === undefined ? { text: '*', from: 'default' } : { text: `~${least}`, from: 'build.zig.zon' })
  )
}

/** Zig's releases break each other's code, so what an app was written for is its minor version. */
function wanted({ text }: Declared): string | null {
  if (['*', 'latest', 'stable'].includes(text)) return '*'
  const match = /^(~?)v?(\d+)\.(\d+)(?:\.(\d+))?$/.exec(text)
  if (match === null) return null
  const [, least, major = '', minor = '', patch] = match
  if (patch === undefined) return `==${major}.${minor}.*`
  return `${least === '' ? '==' : '~='}${major}.${minor}.${patch}`
}

function programsOf(script: string, manifest: string): string[] {
  const own = /\.name\s*=\s*(?:\.|")([\w-]+)/.exec(manifest)?.[1]
  const found = [...script.matchAll(/addExecutable\s*\(\s*\.\{([\s\S]{0,2000}?)\}\s{0,20}\)/g)].map(
    ([, fields = '']) => /\.name\s*=\s*"([\w.-]+)"/.exec(fields)?.[1] ?? own ?? 'app',
  )
  return [...new Set(found)]
}
