import { z } from 'zod'
import type { FileView } from './file-view.ts'
import { stepIn } from './member.ts'
import type { Step } from './plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, step } from './provider.ts'
import { flag } from './settings.ts'
import { parsed } from './tool-files.ts'

/** The step after whose failure nothing is released. */
export const TEST_STEP = 'test'

interface Tests {
  readonly setUp: string | null
  readonly command: string
  readonly env: Readonly<Record<string, string>>
  /** Where the command stands. */
  readonly from: string
}

const Value = z.union([z.string(), z.object({ value: z.string() }).transform(({ value }) => value)])
const Scripts = z.object({ test: z.string(), 'test-setup': z.string() }).partial()
const AppJson = z.object({
  scripts: Scripts.optional().catch(undefined),
  environments: z
    .object({
      test: z.object({
        scripts: Scripts.optional().catch(undefined),
        env: z.record(z.string(), Value.nullable().catch(null)).catch({}),
      }),
    })
    .partial()
    .optional()
    .catch(undefined),
})

/** Whether an app wants its tests run by each build: `SKYPANEL_TEST`, else `test` in skypanel.toml. Off by default. */
export function wantsTests({ view, settings }: Pick<PlanContext, 'view' | 'settings'>): boolean {
  const said = flag(settings, 'SKYPANEL_TEST')
  if (said !== null) return said
  const written: unknown = parsed(view, 'skypanel.toml')['test']
  return written === true || (typeof written === 'string' && written.trim() !== '')
}

/** The command in skypanel.toml, else in app.json as Heroku CI reads it, else in its scripts. */
function testsOf(view: FileView): Tests | null {
  const { scripts, environments } = readAppJson(view)
  const own = environments?.test
  const env: Record<string, string> = {}
  for (const [name, value] of Object.entries(own?.env ?? {}))
    if (value !== null && /^[A-Za-z_]\w*$/.test(name)) env[name] = value
  const written: unknown = parsed(view, 'skypanel.toml')['test']
  const places: readonly [string, unknown, string | undefined][] = [
    ['skypanel.toml', written, undefined],
    ['app.json#environments.test', own?.scripts?.test, own?.scripts?.['test-setup']],
    ['app.json#scripts', scripts?.test, scripts?.['test-setup']],
  ]
  for (const [from, command, setUp] of places)
    if (typeof command === 'string' && command.trim() !== '')
      return { command: command.trim(), setUp: setUp?.trim() || null, env, from }
  return null
}

function readAppJson(view: FileView): z.infer<typeof AppJson> {
  const file = view.read('app.json', 256 * 1024)
  if (!file.ok) return {}
  try {
    return AppJson.parse(JSON.parse(file.text))
  } catch {
    return {}
  }
}

/** Frameworks read from these what they are started for. */
const MODES = ['NODE_ENV', 'RAILS_ENV', 'RACK_ENV']

/**
 * A step of its own after the build that runs the app's tests and keeps nothing. It gets no config vars: those are the
 * ones that the app serves with. `folder` is the app's own in what is built.
 */
export function withTests(plan: LanguagePlan, context: PlanContext, folder: string): LanguagePlan | Refusal {
  if (context.tests !== true) return plan
  const tests = testsOf(context.view)
  if (tests === null) {
    return refuse(
      'Tests are switched on for this app, and nothing says how to run them',
      'Write the command into app.json as environments.test.scripts.test, or into skypanel.toml as `test = "npm test"`. SKYPANEL_TEST=0 switches tests off.',
    )
  }
  const needed = new Set(plan.steps.flatMap(({ needs }) => needs))
  // What is installed for the release alone would hide the development dependencies.
  const last = plan.steps.filter(({ name }) => !needed.has(name) && !/(?:^|-)install-production$/.test(name))
  const build = plan.steps.findLast(({ name }) => name === 'build') ?? last.at(-1)
  const whole = last.some(({ inputs, outputs }) => inputs.files.includes('.') && outputs.includes('.'))
  const network = tests.setUp !== null || (flag(context.settings, 'SKYPANEL_BUILD_NETWORK') ?? false)
  const added: Step = step({
    name: TEST_STEP,
    needs: last.map(({ name }) => name),
    files: whole ? [] : ['.'],
    commands: [tests.setUp, tests.command]
      .filter((command) => command !== null)
      .map((command) => stepIn(folder, command)),
    env: { ...testMode({ ...plan.env, ...build?.env }), ...tests.env },
    network,
    caches: [...(build?.caches ?? [])],
    // Nothing of that name is made: what tests leave is not kept.
    outputs: ['.sky/nothing-of-tests'],
  })
  const from = {
    level: 'info',
    code: 'tests',
    message: `Tests run after the build (${tests.from}).`,
  } as const
  return { ...plan, steps: [...plan.steps, added], notes: [...plan.notes, from] }
}

const testMode = (env: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, MODES.includes(name) ? 'test' : value]),
  )
