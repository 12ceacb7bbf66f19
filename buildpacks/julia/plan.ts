import { languagePlan, namesWeb } from '../language-plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, request, step } from '../provider.ts'
import { override } from '../settings.ts'
import { type Declared, fromToolFiles, fromVersionFile, parsed, tableOf } from '../tool-files.ts'

const DEPOT = '/app/.sky/julia'

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const { view, settings, procfile } = context
  const project = view.exists('JuliaProject.toml') ? 'JuliaProject.toml' : 'Project.toml'
  const manifest = parsed(view, 'Manifest.toml')['julia_version']
  const least = tableOf(parsed(view, project), 'compat')['julia']
  const set = override(settings, 'SKYPANEL_JULIA_VERSION')
  const declared: Declared = (set === null ? null : { text: set.value, from: set.name }) ??
    fromVersionFile(view, '.julia-version') ??
    fromToolFiles(view, 'julia') ??
    (typeof manifest === 'string' ? { text: manifest, from: 'Manifest.toml' } : null) ??
    (typeof least === 'string' ? { text: least, from: project } : null) ?? { text: '*', from: 'default' }
  const main = [
    'server.jl',
    'app.jl',
    'main.jl',
    'bin/server.jl',
    'src/server.jl',
    'src/main.jl',
    'src/app.jl',
  ].find((path) => view.exists(path))
  const genie = view.exists('bootstrap.jl') || tableOf(parsed(view, project), 'deps')['Genie'] !== undefined
  const named = namesWeb(context)
  if (main === undefined && !genie && !named && Object.keys(procfile).length === 0) {
    return refuse(
      'This Julia app has nothing to start',
      'Add a Procfile, as in `web: julia --project server.jl`; it has to listen on the port in $PORT.',
    )
  }
  const declares = view.exists(project)
  const install = step({
    name: 'install',
    files: [project, 'Manifest.toml'],
    commands: [`julia --project=. -e 'using Pkg; Pkg.instantiate(); Pkg.precompile()'`],
    env: { JULIA_DEPOT_PATH: DEPOT },
    network: true,
    outputs: ['.sky', 'Manifest.toml'],
  })
  const command =
    main === undefined
      ? `julia --project=. -e 'using Genie; Genie.loadapp(); up(parse(Int, ENV["PORT"]), "0.0.0.0"; async = false)'`
      : `julia --project=. ${main}`
  return languagePlan({
    tools: [
      request({
        name: 'julia',
        want: declared.text,
        from: declared.from,
        source: 'nix',
        phase: ['build', 'run'],
      }),
    ],
    steps: declares ? [install] : [],
    include: [
      { step: 'source', paths: ['.'] },
      ...(declares ? [{ step: 'install', paths: ['.sky', 'Manifest.toml'] }] : []),
    ],
    // What is compiled when it runs goes where an instance may write.
    env: { JULIA_DEPOT_PATH: `/tmp/julia:${DEPOT}:`, GENIE_ENV: 'prod' },
    processes: named ? {} : { web: { command, from: main ?? project } },
  })
}
