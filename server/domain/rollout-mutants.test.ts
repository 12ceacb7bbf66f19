import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  anyFormation,
  anyInstances,
  desiredOf,
  simulate,
  type Planner,
} from '../../test/support/rollout-world.ts'
import { planRollout } from './rollout.ts'

/** Faults that somebody might put into the planner: text of its source and what it becomes. */
const mutants: readonly { fault: string; from: string; to: string }[] = [
  { fault: 'never waits for a stand-in', from: 'Math.max(0, quantity - standIns)', to: '0' },
  {
    fault: 'lets old instances leave before the new release has booted',
    from: 'isProven(desired, instances, now) ?',
    to: 'true ?',
  },
  {
    fault: 'keeps an old instance for ever',
    from: 'Math.max(0, quantity - standIns)',
    to: 'Math.max(1, quantity - standIns)',
  },
  { fault: 'ignores the limit above the quantity', from: 'Math.min(missing, room)', to: 'missing' },
  {
    fault: 'allows no instance above the quantity',
    from: 'quantity + type.surge - live.length',
    to: 'quantity - live.length',
  },
  {
    fault: 'goes live with one instance missing',
    from: '.length < type.quantity',
    to: '.length < type.quantity - 1',
  },
  {
    fault: 'overlooks that the new release died',
    from: "state.status !== 'exited' || state.wanted",
    to: "state.status === 'exited'",
  },
  {
    fault: 'counts starting instances as ready',
    from: "state.status === 'ready' && now >= state.since + type.settle",
    to: "state.status !== 'intended'",
  },
  {
    fault: 'never stops what was drained',
    from: 'if (now >= state.since + desired.timing.drain)',
    to: 'if (now < 0)',
  },
  { fault: 'never removes what ended', from: "steps.push({ do: 'forget', id })", to: 'steps.push()' },
  { fault: 'keeps the wrong ones', from: 'worth(b) - worth(a)', to: 'worth(a) - worth(b)' },
  {
    fault: 'does not wake for the end of a drain',
    from: 'alarms.push(state.since + desired.timing.drain)',
    to: 'alarms.push()',
  },
  {
    fault: 'starts nothing after a crash',
    from: 'retryAt > now) alarms.push(retryAt)',
    to: 'retryAt > 0) alarms.push(retryAt)',
  },
]

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skypanel-mutants-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** The planner with one fault planted in it. */
async function broken(from: string, to: string, name: string): Promise<Planner> {
  const file = fileURLToPath(new URL('./rollout.ts', import.meta.url))
  const source = await readFile(file, 'utf8')
  expect(source).toContain(from)
  const outfile = join(folder, `${name}.mjs`)
  await build({
    stdin: {
      contents: source.replace(from, to),
      loader: 'ts',
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    bundle: true,
    format: 'esm',
    outfile,
  })
  const loaded = (await import(/* @vite-ignore */ pathToFileURL(outfile).href)) as { planRollout: Planner }
  return loaded.planRollout
}

/** The properties of rollout.test.ts as one question. */
function keepsItsPromises(plan: Planner): boolean {
  const result = fc.check(
    fc.property(
      anyInstances,
      anyFormation,
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.boolean(),
      (instances, formation, seed, dies) => {
        const boot = (release: number, random: () => number) => ({
          ms: 20 + random() * 3_000,
          ok: !(dies && release === 4),
        })
        const some = formation.some(({ quantity }) => quantity > 0)
        const gone = dies && some
        const flaky = simulate(
          plan,
          desiredOf(formation, false),
          instances,
          (_, random) => ({ ms: 50, ok: random() > 0.2 }),
          seed,
        )
        const outcome = simulate(plan, desiredOf(formation, true), instances, boot, seed)
        const wanted = formation.reduce((sum, { quantity }) => sum + quantity, 0)
        return (
          flaky.settled &&
          flaky.instances.length === wanted &&
          outcome.settled &&
          outcome.broken.length === 0 &&
          outcome.verdicts.join() === (gone ? 'abandon' : 'complete') &&
          outcome.instances.length === wanted &&
          outcome.instances.every(
            ({ release, state }) => release === (gone ? 3 : 4) && state.status === 'ready',
          )
        )
      },
    ),
    { numRuns: 150, seed: 7, endOnFailure: true },
  )
  return !result.failed
}

describe('the properties of the rollout', () => {
  it('hold for the planner', () => {
    expect(keepsItsPromises(planRollout)).toBe(true)
  })

  it.each(mutants)('tell a planner that $fault', async ({ from, to, fault }) => {
    expect(keepsItsPromises(await broken(from, to, fault.replaceAll(' ', '-')))).toBe(false)
  })
})
