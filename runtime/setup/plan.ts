/** One part of setting up. `apply` may be killed anywhere and run again. */
export interface Step<Context> {
  readonly name: string
  /** Names of the steps that have to be done before. */
  readonly after: readonly string[]
  /** Cheap: decides by what is recorded or visible, not by trying. */
  needed(context: Context): Promise<boolean>
  apply(context: Context, say: (text: string) => void): Promise<void>
}

export interface Watcher {
  started(step: string): void
  said(step: string, text: string): void
  done(step: string, ms: number): void
  failed(step: string, ms: number): void
}

export class StepFailure extends Error {
  readonly step: string
  constructor(step: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.step = step
  }
}

/** The steps that may begin now, in the order they were named. Pure. */
export function runnable<Context>(
  steps: readonly Step<Context>[],
  done: ReadonlySet<string>,
  begun: ReadonlySet<string>,
  atOnce: number,
): Step<Context>[] {
  const free = atOnce - (begun.size - done.size)
  return steps
    .filter((step) => !begun.has(step.name) && step.after.every((name) => done.has(name)))
    .slice(0, Math.max(0, free))
}

/** @throws when a step waits for one that is not there, or two wait for each other. Pure. */
export function checkOrder<Context>(steps: readonly Step<Context>[]): void {
  const names = new Set(steps.map((step) => step.name))
  for (const step of steps) {
    for (const name of step.after)
      if (!names.has(name)) throw new Error(`step ${step.name} waits for ${name}, which is no step`)
  }
  const done = new Set<string>()
  for (;;) {
    const next = runnable(steps, done, done, steps.length)
    if (next.length === 0) break
    for (const step of next) done.add(step.name)
  }
  const stuck = steps.filter((step) => !done.has(step.name)).map((step) => step.name)
  if (stuck.length > 0) throw new Error(`steps wait for each other: ${stuck.join(', ')}`)
}

/**
 * Runs the steps, several at once where their order allows. When one fails no other begins, those at work are waited
 * for (so that nothing goes on behind the message), and the first failure is thrown.
 */
export async function runSteps<Context>(
  steps: readonly Step<Context>[],
  context: Context,
  watcher: Watcher,
  options: { readonly atOnce: number; readonly now: () => number },
): Promise<void> {
  checkOrder(steps)
  const done = new Set<string>()
  const begun = new Set<string>()
  const failures: StepFailure[] = []
  await new Promise<void>((resolve) => {
    let working = 0
    const advance = () => {
      if (failures.length === 0) for (const step of runnable(steps, done, begun, options.atOnce)) begin(step)
      if (working === 0) resolve()
    }
    const begin = (step: Step<Context>) => {
      begun.add(step.name)
      working += 1
      void work(step)
        .catch((error: unknown) => {
          failures.push(new StepFailure(step.name, error))
        })
        .finally(() => {
          working -= 1
          advance()
        })
    }
    const work = async (step: Step<Context>) => {
      const from = options.now()
      if (await step.needed(context)) {
        watcher.started(step.name)
        try {
          await step.apply(context, (text) => watcher.said(step.name, text))
        } catch (error) {
          watcher.failed(step.name, options.now() - from)
          throw error
        }
        watcher.done(step.name, options.now() - from)
      }
      done.add(step.name)
    }
    advance()
  })
  const [first] = failures
  if (first !== undefined) throw first
}
