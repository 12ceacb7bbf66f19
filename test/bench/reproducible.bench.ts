import { cpus } from 'node:os'
import { type Compared, summary, tellCompared } from '../support/differences.ts'
import { servedFixtures, ServedWorld } from '../support/served.ts'

/** `npm run bench reproducible -- --only node/vite-react,go/gin`: without names, every fixture that can be built. */
const only = (process.env['BENCH_ONLY'] ?? '').split(',').filter((name) => name !== '')

const world = await ServedWorld.open()
const results: Compared[] = []
const failed: string[] = []
try {
  for (const fixture of servedFixtures()) {
    if (only.length > 0 && !only.includes(fixture.name)) continue
    try {
      const { compared } = await world.pushTwice(fixture)
      for (const one of compared) console.log(tellCompared(one))
      results.push(...compared)
      await world.forget(fixture)
    } catch (error) {
      const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
      failed.push(fixture.name)
      console.log(`– ${fixture.name} was not built: ${why}`)
    }
  }
} finally {
  await world.close()
}
console.log(`\n${summary(results).text}  (${cpus().length} cores; ${failed.length} fixtures not built)`)
