import { debianTool } from '../debian-tool.ts'
import { languagePlan, namesWeb } from '../language-plan.ts'
import type { Note, Step } from '../plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, step } from '../provider.ts'
import { fromToolFiles, fromVersionFile } from '../tool-files.ts'
import { debianPackage } from './debian.ts'
import { readPackages } from './packages.ts'
import { rStart } from './start.ts'

const LIBRARY = 'r-library'
/** R names the mirror that forwards to a near one itself, in a table that it comes with. */
const REPOS = 'options(repos = c(CRAN = utils::getCRANmirrors(local.only = TRUE)$URL[[1]]), Ncpus = 2L)'

export function plan(context: PlanContext): LanguagePlan | Refusal {
  const { view, settings, manifest, procfile } = context
  const named = namesWeb(context)
  const start = named ? null : rStart(view)
  if (start === null && !named && Object.keys(procfile).length === 0) {
    return refuse(
      'This R app has nothing to start',
      'Add app.R (Shiny), plumber.R, or a Procfile, as in `web: Rscript server.R`; it has to listen on the port in $PORT.',
    )
  }
  const found = readPackages(view)
  const wanted = new Set([
    ...found.names,
    ...(start === null || start.framework === 'script' ? [] : [start.framework]),
  ])
  const names = [...wanted].sort()
  // A lock says exact versions, and Debian has others; renv itself is the same for all.
  const debian = found.locked ? ['r-cran-renv'] : names.flatMap((name) => debianPackage(name) ?? [])
  const others = found.locked ? [] : names.filter((name) => debianPackage(name) === null)
  const init = view.exists('init.R')
  const compiles = found.locked || others.length > 0 || init
  const asked = debianTool(
    settings,
    fromVersionFile(view, '.R-version') ?? fromToolFiles(view, 'R', 'r') ?? found.r,
    {
      name: 'r',
      title: 'R',
      version: manifest.defaults['debian'] ?? '',
      keepsOld: true,
      // R looks for programs with `which`, and a stack that was unpacked has it under another name.
      packages: ['r-base-core', 'gnu-which', ...(compiles ? ['r-base-dev'] : []), ...debian],
      phase: ['build', 'run'],
    },
  )
  if (!asked.ok) return asked
  const notes: Note[] = [...asked.notes]
  if (others.length > 0)
    notes.push({
      level: 'info',
      code: 'r.packages.compiled',
      message: `Debian does not have ${others.slice(0, 8).join(', ')}: they are compiled from CRAN's sources, which takes a while. A library that they need belongs in an Aptfile.`,
    })
  return languagePlan({
    tools: [asked.tool],
    steps: compiles ? [installStep(found.locked, others, init)] : [],
    include: [{ step: 'source', paths: ['.'] }, ...(compiles ? [{ step: 'install', paths: [LIBRARY] }] : [])],
    env: { R_LIBS: `/app/${LIBRARY}`, RENV_CONFIG_AUTOLOADER_ENABLED: 'FALSE', TZ: 'Etc/UTC' },
    processes: start === null ? {} : { web: { command: start.command, from: start.from } },
    notes,
  })
}

function installStep(locked: boolean, others: readonly string[], init: boolean): Step {
  const list = others.map((name) => `"${name}"`).join(', ')
  const fail = `if (any(missing <- !names %in% rownames(installed.packages()))) stop("not installed: ", paste(names[missing], collapse = ", "))`
  return step({
    name: 'install',
    files: [...(locked ? ['renv.lock'] : []), ...(init ? ['init.R'] : [])],
    commands: [
      `mkdir -p ${LIBRARY}`,
      ...(locked
        ? [
            `Rscript -e 'options(renv.consent = TRUE, Ncpus = 2L); renv::restore(library = "/app/${LIBRARY}", lockfile = "renv.lock", prompt = FALSE)'`,
          ]
        : []),
      ...(others.length > 0
        ? [
            `Rscript -e '${REPOS}; names <- c(${list}); install.packages(names, lib = "/app/${LIBRARY}"); ${fail}'`,
          ]
        : []),
      ...(init ? [`Rscript -e '${REPOS}; .libPaths("/app/${LIBRARY}"); source("init.R")'`] : []),
    ],
    env: { R_LIBS: `/app/${LIBRARY}`, RENV_PATHS_ROOT: '/tmp/renv', RENV_CONFIG_AUTOLOADER_ENABLED: 'FALSE' },
    network: true,
    secrets: ['GITHUB_PAT'],
    outputs: [LIBRARY],
  })
}
