import { languagePlan, namesWeb } from '../language-plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, request, step } from '../provider.ts'
import { flag, override } from '../settings.ts'
import { type Declared, fromToolFiles, parsed } from '../tool-files.ts'

const OUT = 'build/erlang-shipment'

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const { view, settings } = context
  const project = parsed(view, 'gleam.toml')
  if (typeof project['name'] !== 'string') return refuse('gleam.toml names no app', 'Add `name = "…"` to it.')
  if (project['target'] === 'javascript') {
    return refuse(
      'This Gleam app is compiled to JavaScript, and nothing says how it is served',
      'Add a package.json that builds and starts it, or let it target Erlang.',
    )
  }
  const set = override(settings, 'SKYPANEL_GLEAM_VERSION')
  const least = project['gleam']
  const declared: Declared = (set === null ? null : { text: set.value, from: set.name }) ??
    fromToolFiles(view, 'gleam') ??
    (typeof least === 'string' ? { text: least, from: 'gleam.toml' } : null) ?? { text: '*', from: 'default' }
  const install = step({
    name: 'install',
    files: ['gleam.toml', 'manifest.toml'],
    commands: ['gleam deps download'],
    network: true,
    secrets: ['HEX_API_KEY'],
    outputs: ['build', 'manifest.toml'],
  })
  const build = step({
    name: 'build',
    needs: ['install'],
    files: ['.'],
    commands: ['gleam export erlang-shipment'],
    network: flag(settings, 'SKYPANEL_BUILD_NETWORK') ?? false,
    secrets: ['*'],
    outputs: [OUT],
  })
  return languagePlan({
    tools: [
      request({ name: 'gleam', want: declared.text, from: declared.from, source: 'nix', phase: ['build'] }),
      request({
        name: 'erlang',
        want: '*',
        from: 'default',
        version: '27',
        source: 'debian',
        phase: ['build', 'run'],
        layer: {
          suite: null,
          packages: ['erlang-base', 'erlang-crypto', 'erlang-inets', 'erlang-ssl', 'rebar3'],
        },
      }),
    ],
    steps: [install, build],
    include: [
      { step: 'build', paths: [OUT] },
      { step: 'source', paths: ['.'] },
    ],
    processes: namesWeb(context) ? {} : { web: { command: `${OUT}/entrypoint.sh run`, from: 'gleam.toml' } },
  })
}
