import { debianTool } from '../debian-tool.ts'
import { languagePlan, namesWeb } from '../language-plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, step } from '../provider.ts'
import { flag } from '../settings.ts'
import { fromToolFiles } from '../tool-files.ts'

const FOLDER = '_release'
const ENV = { REBAR_CACHE_DIR: '/app/.sky/rebar', REBAR_BASE_DIR: '/app/_build', LANG: 'C.UTF-8' }
const PACKAGES = [
  'rebar3',
  'erlang-base',
  'erlang-dev',
  'erlang-crypto',
  'erlang-inets',
  'erlang-ssl',
  'erlang-tools',
]

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const { view, settings, manifest } = context
  const file = view.read('rebar.config')
  const text = file.ok ? file.text.replaceAll(/%.*$/gm, '') : ''
  const release = /\{\s*release\s*,\s*\{\s*['"]?([\w-]+)/.exec(text)?.[1]
  if (release === undefined) {
    return refuse(
      'rebar.config names no release',
      'Add one, as in `{relx, [{release, {shop, "1.0.0"}, [shop, sasl]}, {mode, prod}]}.`',
    )
  }
  const least = /\{\s*minimum_otp_vsn\s*,\s*"([\d.]+)"/.exec(text)?.[1]
  const asked = debianTool(
    settings,
    fromToolFiles(view, 'erlang') ??
      (least === undefined ? null : { text: `>=${least}`, from: 'rebar.config' }),
    {
      name: 'erlang',
      title: 'Erlang/OTP',
      version: manifest.defaults['debian'] ?? '',
      keepsOld: false,
      packages: PACKAGES,
      // A release brings its own Erlang.
      phase: ['build'],
    },
  )
  if (!asked.ok) return asked
  const depends = /\{\s*deps\s*,\s*\[\s*[^\]\s]/.test(text)
  const install = step({
    name: 'install',
    files: ['rebar.config', 'rebar.config.script', 'rebar.lock'],
    commands: ['mkdir -p .sky _build', 'rebar3 as prod get-deps'],
    env: ENV,
    network: true,
    secrets: ['HEX_API_KEY'],
    outputs: ['.sky', '_build'],
  })
  const build = step({
    name: 'build',
    needs: depends ? ['install'] : [],
    files: ['.'],
    commands: [
      // The folder that the release is copied to has to hold the Erlang that runs it.
      `rebar3 as prod release --include-erts true --dev-mode false`,
      `cp -rL _build/prod/rel/${release} ${FOLDER}`,
    ],
    env: ENV,
    network: flag(settings, 'SKYPANEL_BUILD_NETWORK') ?? false,
    secrets: ['*'],
    outputs: [FOLDER],
  })
  return languagePlan({
    tools: [asked.tool],
    steps: depends ? [install, build] : [build],
    include: [
      { step: 'build', paths: [FOLDER] },
      { step: 'source', paths: ['.'] },
    ],
    // The start script fills in what it finds in the environment, and an instance writes only to /tmp for good.
    env: {
      LANG: 'C.UTF-8',
      RELX_REPLACE_OS_VARS: 'true',
      RELX_OUT_FILE_PATH: '/tmp',
      PATH_PREPEND: `/app/${FOLDER}/bin`,
    },
    processes: namesWeb(context)
      ? {}
      : { web: { command: `${FOLDER}/bin/${release} foreground`, from: 'rebar.config' } },
    notes: asked.notes,
  })
}
