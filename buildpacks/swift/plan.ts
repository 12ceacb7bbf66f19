import { debianTool } from '../debian-tool.ts'
import { compiledPlan, namesWeb, webProgram } from '../language-plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, step } from '../provider.ts'
import { flag } from '../settings.ts'
import { fromToolFiles, fromVersionFile } from '../tool-files.ts'
import { readPackage } from './package.ts'

/** Fetched packages and what was compiled lie in one folder; the system's git fetches them. */
const BUILD = '--scratch-path /app/.sky/swift --cache-path /tmp/swiftpm --disable-sandbox'

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const { view, settings, manifest } = context
  const found = readPackage(view)
  if (found.programs.length === 0)
    return refuse('Package.swift names no program, only libraries', 'Add an `.executableTarget`.')
  const asked = debianTool(
    settings,
    fromVersionFile(view, '.swift-version') ??
      fromToolFiles(view, 'swift') ??
      (found.tools === null ? null : { text: `>=${found.tools}`, from: 'Package.swift' }),
    {
      name: 'swift',
      title: 'Swift',
      version: manifest.defaults['debian'] ?? '',
      // A newer compiler reads packages in the language of the tools version that they name, 5 as well as 6.
      keepsOld: true,
      packages: ['swiftlang'],
      phase: ['build'],
    },
  )
  if (!asked.ok) return asked
  const install = step({
    name: 'install',
    files: ['Package.swift', 'Package.resolved'],
    commands: [`swift package ${BUILD} resolve`],
    network: true,
    secrets: ['GITHUB_TOKEN'],
    outputs: ['.sky', 'Package.resolved'],
  })
  const build = step({
    name: 'build',
    needs: found.depends ? ['install'] : [],
    files: ['.'],
    commands: [
      'mkdir -p bin',
      ...found.programs.map(
        (name) => `swift build ${BUILD} -c release --static-swift-stdlib --product ${name}`,
      ),
      `cd "$(swift build ${BUILD} -c release --show-bin-path)" && cp -r ${found.programs.join(' ')} $(ls -d *.resources 2>/dev/null) /app/bin/`,
    ],
    network: flag(settings, 'SKYPANEL_BUILD_NETWORK') ?? false,
    secrets: ['*'],
    outputs: ['bin'],
  })
  const made = compiledPlan(context, {
    tools: [asked.tool],
    steps: found.depends ? [install, build] : [build],
    programs: found.programs,
    from: 'Package.swift',
    notes: asked.notes,
  })
  const web = webProgram(found.programs)
  if (!found.vapor || namesWeb(context) || web === null) return made
  const command = `bin/${web} serve --env production --hostname 0.0.0.0 --port $PORT`
  return { ...made, processes: { web: { command, from: 'Package.swift' } } }
}
