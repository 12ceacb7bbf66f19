import { debianTool } from '../debian-tool.ts'
import { compiledPlan, languagePlan, namesWeb } from '../language-plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, step } from '../provider.ts'
import { flag } from '../settings.ts'
import { STATIC_FOLDER, STATIC_STEP, serveStatic } from '../static-site.ts'
import { schemeStart, type SchemeStart } from './start.ts'

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const start = schemeStart(context.view)
  if (start?.kind === 'haunt') return site(context)
  if (start?.kind === 'chicken') return chicken(context, start)
  return guile(context, start)
}

function guile(context: PlanContext, start: SchemeStart | null): LanguagePlan | Refusal {
  const { settings, manifest } = context
  const asked = debianTool(settings, null, {
    name: 'guile',
    title: 'Guile',
    version: manifest.defaults['guile'] ?? '',
    keepsOld: true,
    packages: ['guile-3.0'],
    phase: ['build', 'run'],
  })
  if (!asked.ok) return asked
  return languagePlan({
    tools: [asked.tool],
    steps: [],
    include: [{ step: 'source', paths: ['.'] }],
    // Guile compiles what it loads; where an app lies nothing is written, so each start does that anew.
    env: { GUILE_LOAD_PATH: '/app:/app/src', XDG_CACHE_HOME: '/tmp/.cache' },
    processes:
      namesWeb(context) || start === null
        ? {}
        : { web: { command: `guile ${start.file}`, from: start.file } },
    notes: asked.notes,
  })
}

function chicken(context: PlanContext, { file, eggs }: SchemeStart): LanguagePlan | Refusal {
  const { settings, manifest } = context
  const asked = debianTool(settings, null, {
    name: 'chicken',
    title: 'CHICKEN',
    version: manifest.defaults['chicken'] ?? '',
    keepsOld: true,
    packages: ['chicken-bin'],
    phase: ['build'],
  })
  if (!asked.ok) return asked
  const env =
    eggs.length === 0
      ? {}
      : { CHICKEN_INSTALL_REPOSITORY: '/app/eggs', CHICKEN_REPOSITORY_PATH: '/app/eggs:/usr/lib/chicken/11' }
  const install = step({
    name: 'install',
    files: ['*.egg'],
    commands: [`mkdir -p eggs && chicken-install ${eggs.join(' ')}`],
    env,
    network: true,
    outputs: ['eggs'],
  })
  const build = step({
    name: 'build',
    needs: eggs.length === 0 ? [] : ['install'],
    files: ['.'],
    commands: [`mkdir -p bin && csc -O2 ${eggs.length === 0 ? '-static ' : ''}-o bin/app ${file}`],
    env,
    network: flag(settings, 'SKYPANEL_BUILD_NETWORK') ?? false,
    secrets: ['*'],
    outputs: ['bin'],
  })
  const plan = compiledPlan(context, {
    tools: [asked.tool],
    steps: eggs.length === 0 ? [build] : [install, build],
    ...(eggs.length === 0 ? {} : { libraries: ['libchicken11t64'], env }),
    programs: ['app'],
    from: file,
    notes: asked.notes,
  })
  return eggs.length === 0
    ? plan
    : { ...plan, include: [...plan.include, { step: 'install', paths: ['eggs'] }] }
}

/** Haunt writes a site of plain files. */
function site({ settings, manifest }: PlanContext): LanguagePlan | Refusal {
  const asked = debianTool(settings, null, {
    name: 'haunt',
    title: 'Haunt',
    version: manifest.defaults['haunt'] ?? '',
    keepsOld: true,
    suite: 'sid',
    packages: ['haunt'],
    phase: ['build'],
  })
  if (!asked.ok) return asked
  const guileTool = debianTool(settings, null, {
    name: 'guile',
    title: 'Guile',
    version: manifest.defaults['guile'] ?? '',
    keepsOld: true,
    packages: ['guile-3.0', 'guile-commonmark', 'guile-library'],
    phase: ['build'],
  })
  if (!guileTool.ok) return guileTool
  const pages = { dir: 'site', indexFallback: false }
  const parts = serveStatic({ ...pages, immutable: [] }, 'haunt.scm')
  const build = step({
    name: 'build',
    files: ['.'],
    commands: ['haunt build'],
    network: flag(settings, 'SKYPANEL_BUILD_NETWORK') ?? false,
    secrets: ['*'],
    outputs: ['site'],
  })
  return languagePlan({
    tools: [guileTool.tool, asked.tool, parts.tool],
    steps: [build, parts.step],
    include: [
      { step: STATIC_STEP, paths: [STATIC_FOLDER] },
      { step: 'build', paths: ['site'] },
    ],
    env: parts.env,
    static: pages,
    processes: { web: parts.process },
  })
}
