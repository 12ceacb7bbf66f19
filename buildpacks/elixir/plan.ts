import semver from 'semver'
import type { Note, Step } from '../plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, request, step } from '../provider.ts'
import { flag, override } from '../settings.ts'
import { fromToolFiles, fromVersionFile } from '../tool-files.ts'
import { type Mix, readMix } from './mix.ts'

const FOLDER = '_release'
const ENV = {
  MIX_ENV: 'prod',
  MIX_HOME: '/app/.sky/mix',
  HEX_HOME: '/app/.sky/hex',
  HEX_CACERTS_PATH: '/etc/ssl/certs/ca-certificates.crt',
  ELIXIR_ERL_OPTIONS: '+fnu',
  LANG: 'C.UTF-8',
}
const PACKAGES = [
  'elixir',
  'erlang-dev',
  'erlang-parsetools',
  'erlang-tools',
  'erlang-xmerl',
  'erlang-os-mon',
]

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const { view, settings, manifest, procfile } = context
  const mix = readMix(view)
  const debian = manifest.defaults['debian'] ?? ''
  const set = override(settings, 'SKYPANEL_ELIXIR_VERSION')
  const declared =
    (set === null ? null : { text: set.value, from: set.name }) ??
    fromVersionFile(view, '.elixir-version') ??
    fromToolFiles(view, 'elixir') ??
    (mix.elixir === null ? { text: '*', from: 'default' } : { text: mix.elixir, from: 'mix.exs' })
  if (!allows(declared.text, debian)) {
    return refuse(
      `${declared.from} asks for Elixir ${declared.text.slice(0, 60)}, and this platform has Elixir ${debian}`,
      `Allow it (\`elixir: "~> ${debian}"\`); no other can be had on this platform.`,
    )
  }
  const name = mix.release ?? mix.app
  if (name === null) return refuse('mix.exs names no app', 'Add `app: :name` to `project` in mix.exs.')
  const install = installStep(mix)
  const named = procfile['web'] !== undefined || override(settings, 'SKYPANEL_START_CMD') !== null
  return {
    ok: true,
    tools: [
      request({
        name: 'elixir',
        want: declared.text,
        from: declared.from,
        version: debian,
        source: 'debian',
        // A release brings its own Erlang.
        phase: ['build'],
        layer: { suite: null, packages: PACKAGES },
      }),
    ],
    steps: [install, buildStep(mix, name, flag(settings, 'SKYPANEL_BUILD_NETWORK') ?? false)],
    caches: {},
    include: [
      { step: 'build', paths: [FOLDER] },
      { step: 'source', paths: ['.'] },
    ],
    env: {
      LANG: 'C.UTF-8',
      PATH_PREPEND: `/app/${FOLDER}/bin`,
      // The release writes its settled configuration, and an instance is written anew at each start anyway.
      RELEASE_TMP: '/tmp',
      RELEASE_DISTRIBUTION: 'none',
      ...(mix.phoenix ? { PHX_SERVER: 'true' } : {}),
    },
    static: null,
    processes: named ? {} : { web: { command: `${FOLDER}/bin/${name} start`, from: 'mix.exs' } },
    notes: notesOf(context, mix, name),
  }
}

function installStep(mix: Mix): Step {
  const fetch = mix.depends
    ? [
        'mix local.hex --force --if-missing',
        'mix local.rebar --force --if-missing',
        'mix deps.get --only prod',
        'mix deps.compile',
      ]
    : []
  return step({
    name: 'install',
    files: ['mix.exs', 'mix.lock', 'config/**', ...mix.local.map((path) => `${path}/**`)],
    commands: ['mkdir -p .sky deps _build', ...fetch],
    env: ENV,
    network: mix.depends,
    secrets: ['HEX_API_KEY', 'HEX_REPOS_KEY'],
    outputs: ['.sky', 'deps', '_build'],
  })
}

function buildStep(mix: Mix, name: string, network: boolean): Step {
  return step({
    name: 'build',
    needs: ['install'],
    files: ['.'],
    commands: [
      'mix compile',
      ...(mix.deploysAssets ? ['mix assets.deploy'] : []),
      `mix release ${mix.release === null ? '' : `${name} `}--overwrite --quiet --path ${FOLDER}`,
    ],
    env: ENV,
    network,
    secrets: ['*'],
    outputs: [FOLDER],
  })
}

/** Elixir's `~> 1.15` allows every 1.x from it on; `1.18.3-otp-27` names a line. */
function allows(text: string, debian: string): boolean {
  const clean = text.replace(/-otp-.*$/, '').trim()
  if (/^\d+\.\d+(?:\.\d+)?$/.test(clean)) return clean.split('.').slice(0, 2).join('.') === debian
  const range = clean
    .replaceAll(/~>\s*(\d+)\.(\d+)(?![.\d])/g, '^$1.$2')
    .replaceAll('~>', '~')
    .replaceAll(' and ', ' ')
    .replaceAll(' or ', ' || ')
  return semver.validRange(range) !== null && semver.intersects(range, `~${debian}.0`)
}

function notesOf({ settings, procfile }: PlanContext, mix: Mix, name: string): Note[] {
  const notes: Note[] = []
  const note = (level: Note['level'], code: string, message: string) => notes.push({ level, code, message })
  if (mix.phoenix && !settings.names.includes('SECRET_KEY_BASE'))
    note(
      'warn',
      'elixir.phoenix.key',
      'Phoenix needs SECRET_KEY_BASE when it starts: set it as a config var (`mix phx.gen.secret`).',
    )
  if (mix.ecto && procfile['release'] === undefined)
    note(
      'info',
      'elixir.ecto.migrate',
      `Migrations are not run by themselves. With a release module for them (\`mix phx.gen.release\`), add to the Procfile: release: ${FOLDER}/bin/${name} eval "${modul(name)}.Release.migrate"`,
    )
  return notes
}

/** `my_shop` → `MyShop`. */
const modul = (name: string) =>
  name
    .split('_')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('')
