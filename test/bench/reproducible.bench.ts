import { cpus } from 'node:os'
import type { CheckResult } from '../../buildpacks/nix/build-job.ts'
import { servedFixtures, ServedWorld } from '../support/served.ts'
import { whyDifferent } from './differences.ts'

/** `npm run bench reproducible -- --only node/vite-react,go/gin`: without names, every fixture that can be built. */
const only = (process.env['BENCH_ONLY'] ?? '').split(',').filter((name) => name !== '')
const GOAL = 0.95

interface Compared extends CheckResult {
  readonly name: string
  readonly step: string
}

const world = await ServedWorld.open()
const results: Compared[] = []
const failed: { name: string; why: string }[] = []
try {
  for (const fixture of servedFixtures()) {
    if (only.length > 0 && !only.includes(fixture.name)) continue
    try {
      for (const [step, compared] of await world.pushTwice(fixture)) {
        results.push({ name: fixture.name, step, ...compared })
        const { same, files, sample } = compared
        console.log(
          same
            ? `✔ ${fixture.name}: ${step}`
            : `✘ ${fixture.name}: ${step} differs in ${files.length} files: ${files.slice(0, 6).join(', ')}\n    ${sample ?? ''}`,
        )
      }
    } catch (error) {
      const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
      failed.push({ name: fixture.name, why })
      console.log(`– ${fixture.name} was not built: ${why}`)
    }
  }
} finally {
  await world.close()
}
const different = results.filter((one) => !one.same)
if (different.length > 0) {
  console.log('\n| step | files | why |\n|---|---|---|')
  for (const { name, step, files } of different)
    console.log(`| ${name} ${step} | ${files.length} | ${whyDifferent(files) ?? 'not explained yet'} |`)
}
const same = results.length - different.length
const share = results.length === 0 ? 0 : same / results.length
console.log(
  `${share >= GOAL ? '✔' : '✘'} ${same} of ${results.length} offline steps gave the same bytes (${(share * 100).toFixed(1)} %)  goal ≥ ${GOAL * 100} %  (${cpus().length} cores; ${failed.length} fixtures not built)`,
)
