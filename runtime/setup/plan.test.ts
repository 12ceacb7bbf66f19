import { expect, test } from 'vitest'
import { checkOrder, runSteps, StepFailure, type Step } from './plan.ts'

const quiet = { started() {}, said() {}, done() {}, failed() {} }
const options = { atOnce: 2, now: () => 0 }

function step(
  name: string,
  after: string[],
  work: (log: string[]) => Promise<void> | void,
  needed = true,
): Step<string[]> {
  return {
    name,
    after,
    needed: () => Promise.resolve(needed),
    async apply(log) {
      log.push(`${name} begins`)
      await work(log)
      log.push(`${name} ends`)
    },
  }
}

const pause = () => new Promise<void>((resolve) => setImmediate(resolve))

test('a step begins only after those that it waits for', async () => {
  const log: string[] = []
  await runSteps([step('users', ['packages'], pause), step('packages', [], pause)], log, quiet, options)
  expect(log).toEqual(['packages begins', 'packages ends', 'users begins', 'users ends'])
})

test('steps that do not wait for each other run side by side', async () => {
  const log: string[] = []
  await runSteps([step('stack', [], pause), step('database', [], pause)], log, quiet, options)
  expect(log.slice(0, 2)).toEqual(['stack begins', 'database begins'])
})

test('a step that is done already is skipped, and those after it go on', async () => {
  const log: string[] = []
  await runSteps(
    [step('packages', [], pause, false), step('users', ['packages'], pause)],
    log,
    quiet,
    options,
  )
  expect(log).toEqual(['users begins', 'users ends'])
})

test('after a failure nothing new begins, what is at work ends, and the failure names its step', async () => {
  const log: string[] = []
  const failing = step('packages', [], () => Promise.reject(new Error('no network')))
  const run = runSteps(
    [
      failing,
      step('keys', [], async () => {
        await pause()
        await pause()
      }),
      step('users', ['packages'], pause),
    ],
    log,
    quiet,
    options,
  )
  await expect(run).rejects.toThrow(StepFailure)
  await expect(run).rejects.toMatchObject({ step: 'packages', message: 'no network' })
  expect(log).toEqual(['packages begins', 'keys begins', 'keys ends'])
})

test('an order that cannot be met is refused before anything runs', () => {
  expect(() => checkOrder([step('a', ['b'], pause), step('b', ['a'], pause)])).toThrow('a, b')
  expect(() => checkOrder([step('a', ['nothing'], pause)])).toThrow('nothing')
})
