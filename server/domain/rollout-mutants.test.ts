import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Planner, simulate } from '../../test/support/rollout-sim/simulate.ts'

/** Faults that somebody might put into the planner: text of one of its files and what it becomes. */
const mutants: readonly { fault: string; file: string; from: string; to: string }[] = [
  // What leaves, and when.
  {
    fault: 'never waits for a stand-in',
    file: 'rollout-shape.ts',
    from: 'Math.max(0, quantity - type.unavailable - standIns)',
    to: '0',
  },
  {
    fault: 'takes one more away than may be missing',
    file: 'rollout-shape.ts',
    from: 'quantity - type.unavailable - standIns',
    to: 'quantity - type.unavailable - standIns - 1',
  },
  {
    fault: 'keeps an old instance for ever',
    file: 'rollout-shape.ts',
    from: 'Math.max(0, quantity - type.unavailable',
    to: 'Math.max(1, quantity - type.unavailable',
  },
  {
    fault: 'lets old instances leave before the new release has booted',
    file: 'rollout-shape.ts',
    from: 'proven ? group.ready : 0',
    to: 'group.ready',
  },
  { fault: 'keeps the wrong ones', file: 'rollout.ts', from: 'b.worth - a.worth', to: 'a.worth - b.worth' },
  {
    fault: 'stops what is in routing without draining it',
    file: 'rollout.ts',
    from: "type.routed && state.status === 'ready' ? 'drain' : 'stop'",
    to: "'stop'",
  },
  // How many there are.
  {
    fault: 'ignores the limit above the quantity',
    file: 'rollout.ts',
    from: 'Math.max(0, Math.min(missing, room))',
    to: 'Math.max(0, missing)',
  },
  {
    fault: 'allows no instance above the quantity',
    file: 'rollout-shape.ts',
    from: 'keepOld: Math.max(0, quantity - type.unavailable - standIns),\n    most: quantity + surge,',
    to: 'keepOld: Math.max(0, quantity - type.unavailable - standIns),\n    most: quantity,',
  },
  {
    fault: 'never scales down',
    file: 'rollout.ts',
    from: 'beyond(fresh, shape.keepFresh, desired',
    to: 'beyond([], shape.keepFresh, desired',
  },
  // Verdicts.
  {
    fault: 'goes live with one instance missing',
    file: 'rollout-verdict.ts',
    from: 'group.ready < need)',
    to: 'group.ready < need - 1)',
  },
  {
    fault: 'overlooks that the new release died',
    file: 'rollout-verdict.ts',
    from: 'dead !== null &&',
    to: 'dead !== null && now < 0 &&',
  },
  {
    fault: 'takes an end that was ordered for a crash',
    file: 'rollout-stock.ts',
    from: '&& !instance.state.wanted',
    to: '',
  },
  {
    fault: 'counts starting instances as ready',
    file: 'rollout-stock.ts',
    from: "instance.state.status === 'ready' || instance.state.status === 'standby'",
    to: "instance.state.status !== 'intended'",
  },
  {
    fault: 'does not wait until an instance has settled',
    file: 'rollout-stock.ts',
    from: 'if (now < settled)',
    to: 'if (now < 0)',
  },
  {
    fault: 'gives up before the deadline',
    file: 'rollout-verdict.ts',
    from: 'now < candidate.deadline ||',
    to: 'now < candidate.deadline - 358_000 ||',
  },
  // Orders.
  {
    fault: 'never stops what was drained',
    file: 'rollout.ts',
    from: 'if (draft.now >= stopAt)',
    to: 'if (draft.now < 0)',
  },
  {
    fault: 'stops without letting open requests end',
    file: 'rollout.ts',
    from: 'if (draft.now >= stopAt)',
    to: 'if (state.confirmed)',
  },
  {
    fault: 'never kills what does not stop',
    file: 'rollout.ts',
    from: 'if (draft.now >= killAt)',
    to: 'if (draft.now < 0)',
  },
  {
    fault: 'gives the order to stop only once',
    file: 'rollout.ts',
    from: "else if (!state.confirmed) draft.steps.push({ do: 'drain'",
    to: "else if (draft.now < 0) draft.steps.push({ do: 'drain'",
  },
  {
    fault: 'never gives a lost order to start again',
    file: 'rollout.ts',
    from: 'draft.dropped?.has(id) !== true) draft.steps.push',
    to: 'id === "i1") draft.steps.push',
  },
  {
    fault: 'never removes what ended',
    file: 'rollout.ts',
    from: "draft.steps.push({ do: 'forget', id, why: 'ended' })",
    to: 'draft.steps.push()',
  },
  {
    fault: 'does not wake for the end of a drain',
    file: 'rollout.ts',
    from: 'alarm(draft, stopAt)',
    to: 'alarm(draft, null)',
  },
  {
    fault: 'does not wake for its deadline or a promotion',
    file: 'rollout.ts',
    from: 'alarm(draft, verdictDueAt(desired))',
    to: 'alarm(draft, null)',
  },
  // After crashes.
  {
    fault: 'starts nothing after a crash',
    file: 'rollout.ts',
    from: 'retryAt > draft.now',
    to: 'retryAt > 0',
  },
  { fault: 'does not slow down after a crash', file: 'rollout.ts', from: 'retryAt > draft.now', to: 'false' },
  {
    fault: 'takes a release back after the first crash',
    file: 'rollout-verdict.ts',
    from: 'crashed.crashes < BACK_OUT_CRASHES',
    to: 'crashed.crashes < 1',
  },
  // Strategies.
  {
    fault: 'recreates beside what still stops',
    file: 'rollout.ts',
    from: 'stock.others === 0',
    to: 'group.stale.length === 0',
  },
  {
    fault: 'routes a part of the new before all of it is up',
    file: 'rollout.ts',
    from: 'target !== desired.candidate || up >= quantity',
    to: 'target !== desired.candidate || up >= 1',
  },
  {
    fault: 'routes the new as soon as it is up',
    file: 'rollout.ts',
    from: 'held: rolls && type.routed && isBlueGreen(desired)',
    to: 'held: false',
  },
  {
    fault: 'never switches',
    file: 'rollout.ts',
    from: "if (state.status === 'standby' &&",
    to: 'if (draft.now < 0 &&',
  },
  {
    fault: 'drops the way back',
    file: 'rollout.ts',
    from: 'Math.max(drained, kept.until)',
    to: 'drained',
  },
  {
    fault: 'keeps the way back for ever',
    file: 'rollout.ts',
    from: 'Math.max(drained, kept.until)',
    to: 'Infinity',
  },
  {
    fault: 'makes canaries of all of them',
    file: 'strategy.ts',
    from: 'Math.min(quantity - 1, Math.round((quantity * share) / 100))',
    to: 'quantity',
  },
  {
    fault: 'takes canaries for the whole release',
    file: 'rollout-verdict.ts',
    from: "canary && needed > 0 ? { kind: 'hold' } : { kind: 'complete' }",
    to: "{ kind: 'complete' }",
  },
  {
    fault: 'promotes canaries at once',
    file: 'rollout-verdict.ts',
    from: 'now >= candidate.hold + time',
    to: 'now >= candidate.hold',
  },
  {
    fault: 'goes on in a pause',
    file: 'rollout-shape.ts',
    from: "candidate?.paused === true && strategy.kind !== 'recreate'",
    to: 'candidate === undefined && strategy === undefined',
  },
  {
    fault: 'never goes on after a promotion',
    file: 'rollout-shape.ts',
    from: '&& !candidate.promoted',
    to: '',
  },
]

/** Seeds in which each of them is to be found out; most take a handful. */
const SEEDS = 4_000
const files = ['rollout.ts', 'rollout-stock.ts', 'rollout-shape.ts', 'rollout-verdict.ts', 'strategy.ts']
const sources = new Map<string, string>()
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skypanel-mutants-'))
  for (const file of files) sources.set(file, await readFile(pathOf(file), 'utf8'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

const pathOf = (file: string) => fileURLToPath(new URL(`./${file}`, import.meta.url))

/** The planner with one fault planted in one of its files. */
async function broken({ file, from, to, fault }: (typeof mutants)[number]): Promise<Planner> {
  const source = sources.get(file) ?? ''
  expect(source).toContain(from)
  const outfile = join(folder, `${fault.replaceAll(' ', '-')}.mjs`)
  await build({
    entryPoints: [pathOf('rollout.ts')],
    bundle: true,
    format: 'esm',
    outfile,
    plugins: [
      {
        name: 'fault',
        setup: (plugin) =>
          plugin.onLoad({ filter: /\.ts$/ }, ({ path }) =>
            path === pathOf(file) ? { contents: source.replace(from, () => to), loader: 'ts' } : undefined,
          ),
      },
    ],
  })
  const loaded = (await import(/* @vite-ignore */ pathToFileURL(outfile).href)) as { planRollout: Planner }
  return loaded.planRollout
}

/** The first seed whose promises it breaks; null: it keeps them all. */
function foundOutBy(plan: Planner): number | null {
  for (let seed = 1; seed <= SEEDS; seed += 1) if (simulate(plan, seed).length > 0) return seed
  return null
}

describe('the simulation', () => {
  it.each(mutants)('tells a planner that $fault', async (mutant) => {
    expect(foundOutBy(await broken(mutant))).not.toBeNull()
  })
})
