import { debianTool } from '../debian-tool.ts'
import { compiledPlan } from '../language-plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, step } from '../provider.ts'
import { flag } from '../settings.ts'
import { fromToolFiles, fromVersionFile } from '../tool-files.ts'
import { readShard } from './shard.ts'

/** What programs of Crystal's standard library are linked with. */
const LIBRARIES = ['libgc1', 'libevent-2.1-7t64', 'libgmp10', 'libpcre2-8-0', 'libxml2', 'libyaml-0-2']
const HEADERS = [
  'libevent-dev',
  'libgc-dev',
  'libgmp-dev',
  'libpcre2-dev',
  'libsqlite3-dev',
  'libxml2-dev',
  'libyaml-dev',
]
const ENV = { CRYSTAL_CACHE_DIR: '/cache/crystal', SHARDS_CACHE_PATH: '/tmp/shards' }

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const { view, settings, manifest } = context
  const shard = readShard(view)
  if (shard.targets.length === 0) {
    return refuse(
      'shard.yml names no program, and src has none that is called like the app',
      'Name it in shard.yml, as in `targets: { server: { main: src/server.cr } }` over three lines.',
    )
  }
  const asked = debianTool(
    settings,
    fromVersionFile(view, '.crystal-version') ??
      fromToolFiles(view, 'crystal') ??
      (shard.crystal === null ? null : { text: shard.crystal, from: 'shard.yml' }),
    {
      name: 'crystal',
      title: 'Crystal',
      version: manifest.defaults['debian'] ?? '',
      keepsOld: true,
      packages: ['crystal', 'shards'],
      phase: ['build'],
    },
  )
  if (!asked.ok) return asked
  const install = step({
    name: 'install',
    files: ['shard.yml', 'shard.lock', 'shard.override.yml'],
    commands: [`shards install --without-development${view.exists('shard.lock') ? ' --frozen' : ''}`],
    env: ENV,
    network: true,
    outputs: ['lib', 'shard.lock'],
  })
  const build = step({
    name: 'build',
    needs: shard.depends ? ['install'] : [],
    files: ['.'],
    commands: [
      'mkdir -p bin',
      ...shard.targets.map(
        ({ name, main }) => `crystal build --release --no-debug --no-color -o bin/${name} ${main}`,
      ),
    ],
    env: ENV,
    network: flag(settings, 'SKYPANEL_BUILD_NETWORK') ?? false,
    secrets: ['*'],
    caches: ['crystal'],
    outputs: ['bin'],
  })
  return compiledPlan(context, {
    tools: [asked.tool],
    steps: shard.depends ? [install, build] : [build],
    caches: { crystal: { dir: '/cache/crystal', scope: 'app' } },
    libraries: LIBRARIES,
    headers: HEADERS,
    programs: shard.targets.map(({ name }) => name),
    from: view.exists('shard.yml') ? 'shard.yml' : (shard.targets[0]?.main ?? ''),
    notes: asked.notes,
    env: { KEMAL_ENV: 'production', LUCKY_ENV: 'production' },
  })
}
