import { debianTool } from '../debian-tool.ts'
import { compiledPlan } from '../language-plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, step } from '../provider.ts'
import { flag } from '../settings.ts'
import { readDub } from './dub.ts'

const HOME = '/app/.sky/dub'

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const { view, settings, manifest } = context
  const dub = readDub(view)
  if (dub?.name === null || dub?.target === null || dub === null || dub.library) {
    return refuse(
      dub?.library === true
        ? `${dub.file} builds a library, which cannot be started`
        : 'dub.json or dub.sdl names no app',
      'Give it a `name`, and `targetType` "executable"; `dub build` tells more.',
    )
  }
  const asked = debianTool(settings, null, {
    name: 'ldc',
    title: 'LDC',
    version: manifest.defaults['debian'] ?? '',
    keepsOld: true,
    packages: ['ldc', 'dub'],
    phase: ['build'],
  })
  if (!asked.ok) return asked
  const env = { DUB_HOME: HOME }
  const install = step({
    name: 'install',
    files: ['dub.json', 'dub.sdl', 'dub.selections.json'],
    // Describing an app fetches what it needs; that its code is not there yet does not matter.
    commands: ['mkdir -p .sky source', 'dub describe --compiler=ldc2 > /dev/null'],
    env,
    network: true,
    outputs: ['.sky', 'dub.selections.json'],
  })
  const build = step({
    name: 'build',
    needs: dub.depends ? ['install'] : [],
    files: ['.'],
    commands: [
      'mkdir -p .sky bin',
      `dub build --non-interactive --skip-registry=all --compiler=ldc2 --build=release`,
      `[ ${dub.folder}/${dub.target} -ef bin/${dub.target} ] || cp ${dub.folder}/${dub.target} bin/${dub.target}`,
    ],
    env,
    network: flag(settings, 'SKYPANEL_BUILD_NETWORK') ?? false,
    secrets: ['*'],
    outputs: ['bin'],
  })
  return compiledPlan(context, {
    tools: [asked.tool],
    steps: dub.depends ? [install, build] : [build],
    libraries: ['libphobos2-ldc-shared110'],
    programs: [dub.target],
    from: dub.file,
    notes: asked.notes,
  })
}
