import type { Note, Step, Tool } from './plan.ts'
import type { LanguagePlan, PlanContext } from './provider.ts'
import { override } from './settings.ts'

/** Whether the app itself says what answers requests. */
export const namesWeb = ({ procfile, settings }: Pick<PlanContext, 'procfile' | 'settings'>): boolean =>
  procfile['web'] !== undefined || override(settings, 'SKYPANEL_START_CMD') !== null

/** A plan with everything that it does not name left out: no caches, no variables, no site, no notes. */
export function languagePlan(
  part: Pick<LanguagePlan, 'tools' | 'steps' | 'include'> & Partial<LanguagePlan>,
): LanguagePlan {
  return { ok: true, caches: {}, env: {}, static: null, processes: {}, notes: [], ...part }
}

/** An app whose build leaves programs in `bin`, which need no more of the build than that. */
export interface Compiled {
  readonly tools: readonly Tool[]
  readonly steps: readonly Step[]
  readonly caches?: LanguagePlan['caches']
  /** Debian packages of the libraries that the programs are linked with, when they run. */
  readonly libraries?: readonly string[]
  /** The same, with what compiling needs. */
  readonly headers?: readonly string[]
  /** Names in `bin`; the first that is called like a server answers requests. */
  readonly programs: readonly string[]
  /** The file that names them. */
  readonly from: string
  readonly notes?: readonly Note[]
  readonly env?: Readonly<Record<string, string>>
}

/** Names by which people call the program that answers requests. */
const WEB = ['web', 'server', 'api', 'app', 'main', 'http']

/** The program that answers requests: by its name, else the first. */
export function webProgram(programs: readonly string[]): string | null {
  const called = (word: string) => programs.find((name) => name.toLowerCase().split(/[-_.]/).includes(word))
  return WEB.map(called).find((name) => name !== undefined) ?? programs[0] ?? null
}

export function compiledPlan(context: PlanContext, made: Compiled): LanguagePlan {
  const web = webProgram(made.programs)
  const libraries = [...(made.libraries ?? [])]
  return languagePlan({
    tools: made.tools,
    steps: made.steps,
    caches: made.caches ?? {},
    systemPackages: { build: [...libraries, ...(made.headers ?? [])].sort(), run: libraries.sort() },
    include: [
      { step: made.steps.at(-1)?.name ?? 'build', paths: ['bin'] },
      { step: 'source', paths: ['.'] },
    ],
    env: { PATH_PREPEND: '/app/bin', ...made.env },
    processes: namesWeb(context) || web === null ? {} : { web: { command: `bin/${web}`, from: made.from } },
    notes: made.notes ?? [],
  })
}
