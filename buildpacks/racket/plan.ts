import { debianTool } from '../debian-tool.ts'
import { languagePlan, namesWeb } from '../language-plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, step } from '../provider.ts'
import { flag } from '../settings.ts'
import { fromToolFiles } from '../tool-files.ts'

const ADDONS = '/app/.sky/racket'

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const { view, settings, manifest } = context
  const named = namesWeb(context)
  const main = ['server.rkt', 'web.rkt', 'app.rkt', 'main.rkt'].find((path) => view.exists(path))
  if (main === undefined && !named)
    return refuse(
      'This Racket app has nothing to start',
      'Call the file that serves it server.rkt or main.rkt.',
    )
  const asked = debianTool(settings, fromToolFiles(view, 'racket'), {
    name: 'racket',
    title: 'Racket',
    version: manifest.defaults['debian'] ?? '',
    keepsOld: true,
    packages: ['racket'],
    phase: ['build', 'run'],
  })
  if (!asked.ok) return asked
  const info = view.read('info.rkt')
  const depends = info.ok && /\(define\s+deps\b/.test(info.text)
  const env = { PLTADDONDIR: ADDONS }
  const install = step({
    name: 'install',
    files: ['info.rkt'],
    commands: [
      'mkdir -p .sky/racket',
      'raco pkg install --auto --no-docs --batch --name app --link /app || raco pkg update --auto --batch --link /app',
    ],
    env,
    network: true,
    outputs: ['.sky'],
  })
  const build = step({
    name: 'build',
    needs: depends ? ['install'] : [],
    files: ['.'],
    // All files of a release have the same time, so that it says nothing of what was compiled when.
    commands: [main === undefined ? 'raco make ./*.rkt' : `raco make ${main}`],
    env: { ...env, PLT_COMPILED_FILE_CHECK: 'exists' },
    network: flag(settings, 'SKYPANEL_BUILD_NETWORK') ?? false,
    secrets: ['*'],
    outputs: ['.'],
  })
  return languagePlan({
    tools: [asked.tool],
    steps: depends ? [install, build] : [build],
    include: [{ step: 'build', paths: ['.'] }, ...(depends ? [{ step: 'install', paths: ['.sky'] }] : [])],
    env: { ...env, PLT_COMPILED_FILE_CHECK: 'exists' },
    processes: named || main === undefined ? {} : { web: { command: `racket ${main}`, from: main } },
    notes: asked.notes,
  })
}
