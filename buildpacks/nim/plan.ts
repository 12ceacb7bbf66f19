import { debianTool } from '../debian-tool.ts'
import { compiledPlan } from '../language-plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, step } from '../provider.ts'
import { flag } from '../settings.ts'
import { fromToolFiles, fromVersionFile } from '../tool-files.ts'
import { readNimble } from './nimble.ts'

const NIMBLE = '/app/.sky/nimble'

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const { view, settings, manifest } = context
  const nimble = readNimble(view)
  if (nimble.programs.length === 0) {
    return refuse(
      `${nimble.file ?? 'This Nim app'} names no program`,
      'Name it in the .nimble file, as in `bin = @["server"]`.',
    )
  }
  const asked = debianTool(
    settings,
    fromVersionFile(view, '.nim-version') ??
      fromToolFiles(view, 'nim') ??
      (nimble.nim === null || nimble.file === null ? null : { text: nimble.nim, from: nimble.file }),
    {
      name: 'nim',
      title: 'Nim',
      version: manifest.defaults['debian'] ?? '',
      keepsOld: true,
      // The stack's suite has none; this one needs nothing besides the C library.
      suite: 'sid',
      packages: ['nim'],
      phase: ['build'],
    },
  )
  if (!asked.ok) return asked
  const install = step({
    name: 'install',
    files: ['*.nimble', 'nimble.lock'],
    commands: [`nimble --accept --nimbleDir:${NIMBLE} install --depsOnly`],
    network: true,
    outputs: ['.sky'],
  })
  const paths = nimble.depends ? ` --NimblePath:${NIMBLE}/pkgs2` : ''
  const build = step({
    name: 'build',
    needs: nimble.depends ? ['install'] : [],
    files: ['.'],
    commands: [
      'mkdir -p bin',
      ...nimble.programs.map(
        ({ name, main }) =>
          `nim c -d:release -d:ssl --threads:on --hints:off --nimcache:/tmp/nimcache/${name}${paths} -o:bin/${name} ${main}`,
      ),
    ],
    network: flag(settings, 'SKYPANEL_BUILD_NETWORK') ?? false,
    secrets: ['*'],
    outputs: ['bin'],
  })
  return compiledPlan(context, {
    tools: [asked.tool],
    steps: nimble.depends ? [install, build] : [build],
    programs: nimble.programs.map(({ name }) => name),
    from: nimble.file ?? nimble.programs[0]?.main ?? '',
    notes: asked.notes,
  })
}
