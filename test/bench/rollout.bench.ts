import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { NO_CRASH } from '../../server/domain/backoff.ts'
import type { InstanceFacts } from '../../server/domain/instance.ts'
import type { Desired } from '../../server/domain/rollout-model.ts'
import type { Planner } from '../support/rollout-sim/simulate.ts'
import { TIMING } from '../support/rollout-sim/world.ts'
import { median, printFigure } from './measure.ts'

/** `npm run bench rollout -- --only 100000`: so many seeds instead of a million. */
const SEEDS = Number(process.env['BENCH_ONLY'] ?? '') || 1_000_000
const INSTANCES = 10_000

interface Parts {
  readonly planRollout: Planner
  readonly toRollout: (facts: InstanceFacts) => Parameters<Planner>[1][number]
  readonly simulate: (plan: Planner, seed: number) => readonly string[]
}

/** As one bundle, which is how the server runs the planner. */
async function bundled(): Promise<Parts> {
  const folder = await mkdtemp(join(tmpdir(), 'skypanel-rollout-'))
  const outfile = join(folder, 'rollout.mjs')
  await build({
    stdin: {
      contents: `export { planRollout } from '../../server/domain/rollout.ts'
        export { toRollout } from '../../server/domain/instance.ts'
        export { simulate } from '../support/rollout-sim/simulate.ts'`,
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
      loader: 'ts',
    },
    bundle: true,
    format: 'esm',
    outfile,
  })
  const parts = (await import(pathToFileURL(outfile).href)) as Parts
  await rm(folder, { recursive: true, force: true })
  return parts
}

/** Half way through a rolling deploy: some ready, some starting, some old, some leaving. */
function halfway(): { desired: Desired; rows: InstanceFacts[] } {
  const rows: InstanceFacts[] = []
  for (let number = 1; number <= INSTANCES; number += 1) {
    const isNew = number % 2 === 0
    const phase = number % 10 === 1 ? 'draining' : 'started'
    rows.push({
      id: `i${number}`,
      type: 'web',
      number,
      kind: 'service',
      release: isNew ? 4 : 3,
      generation: 1,
      replace: false,
      held: false,
      phase,
      confirmed: true,
      phase_since: 0,
      status: phase === 'draining' ? 'draining' : isNew && number % 8 === 0 ? 'starting' : 'ready',
      status_since: 0,
      exit: null,
    })
  }
  const types = ['web']
  const type = { type: 'web', generation: 1, routed: true, settle: 0, unavailable: 0, crashed: NO_CRASH }
  const desired: Desired = {
    current: { version: 3, types },
    candidate: { version: 4, types, deadline: 900_000, paused: false, hold: null, promoted: false },
    kept: null,
    watch: null,
    strategy: { kind: 'rolling' },
    formation: [{ ...type, quantity: INSTANCES / 2, surge: INSTANCES / 8 }],
    timing: TIMING,
  }
  return { desired, rows }
}

const { planRollout, toRollout, simulate } = await bundled()

const failed: number[] = []
const began = performance.now()
const cpu = process.cpuUsage()
for (let seed = 1; seed <= SEEDS; seed += 1) {
  const broken = simulate(planRollout, seed)
  if (broken.length === 0) continue
  failed.push(seed)
  if (failed.length <= 20) console.log(`  seed ${seed}: ${broken.slice(0, 3).join('; ')}`)
}
const wall = (performance.now() - began) / 1_000
const { user, system } = process.cpuUsage(cpu)
const perCpu = SEEDS / ((user + system) / 1e6)
printFigure({
  name: `simulated deploys a second of CPU (wall ${(SEEDS / wall).toFixed(0)})`,
  ours: perCpu,
  limit: null,
  unit: '/s',
  value: perCpu,
  goal: '≥ 10000',
  met: perCpu >= 10_000,
})
printFigure({
  name: `broken promises in ${SEEDS} seeds`,
  ours: failed.length,
  limit: null,
  unit: 'seeds',
  value: failed.length,
  goal: '0',
  met: failed.length === 0,
})
if (failed.length > 0)
  console.log(`  for test/support/rollout-sim/seeds.ts: ${failed.slice(0, 50).join(', ')}`)

const { desired, rows } = halfway()
const ticks: number[] = []
let steps = 0
for (let tick = 0; tick < 60; tick += 1) {
  const start = performance.now()
  steps = planRollout(desired, rows.map(toRollout), 2_000).steps.length
  if (tick >= 10) ticks.push(performance.now() - start)
}
printFigure({
  name: `a plan for ${INSTANCES} instances (${steps} steps)`,
  ours: median(ticks),
  limit: null,
  unit: 'ms',
  value: median(ticks),
  goal: '≤ 10 ms',
  met: median(ticks) <= 10,
})
