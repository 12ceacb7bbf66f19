import { cpus } from 'node:os'
import { servedFixtures } from '../support/served.ts'
import { BuildWorld } from './build-world.ts'

/** `npm run bench reproducible -- --only node/vite-react,go/gin`: without names, every fixture that can be built. */
const only = (process.env['BENCH_ONLY'] ?? '').split(',').filter((name) => name !== '')
const GOAL = 0.95

/** Why a step of these gives other bytes each time, as far as it is known. */
const KNOWN: readonly { readonly file: RegExp; readonly why: string }[] = [
  {
    file: /BUILD_ID|build-manifest|prerender-manifest|required-server-files/,
    why: 'Next.js draws a random id for each build',
  },
  { file: /server-reference-manifest|preview/, why: 'Next.js draws random keys for each build' },
  { file: /\.nuxt\/manifest|_nuxt\/builds/, why: 'Nuxt draws a random id for each build' },
  { file: /\.svelte-kit\//, why: 'SvelteKit names its version by the time of the build' },
  { file: /uv_cache\.json$/, why: 'uv notes the time of an installation' },
  { file: /\.jar$/, why: 'the archive holds the time at which it was made' },
  { file: /\.pyc$/, why: 'byte code holds the times of its source' },
  { file: /\.tsbuildinfo$|\.cache\//, why: 'a cache of the framework' },
  { file: /latest\.json$|builds\/meta/, why: 'the framework names its build by the time' },
]

const world = await BuildWorld.open()
const results: { name: string; step: string; same: boolean; files: readonly string[] }[] = []
const failed: string[] = []
try {
  for (const fixture of servedFixtures()) {
    if (only.length > 0 && !only.includes(fixture.name)) continue
    const app = `again-${fixture.name.replaceAll(/[^a-z0-9-]/g, '-')}`
    try {
      for (const [step, { same, files }] of await world.pushTwice(app, fixture.folder)) {
        results.push({ name: fixture.name, step, same, files })
        const why =
          KNOWN.find(({ file }) => files.some((path) => file.test(path)))?.why ?? 'not explained yet'
        console.log(
          same
            ? `✔ ${fixture.name}: ${step}`
            : `✘ ${fixture.name}: ${step} differs in ${files.length} files (${why}): ${files.slice(0, 6).join(', ')}`,
        )
      }
    } catch (error) {
      failed.push(fixture.name)
      console.log(
        `– ${fixture.name} was not built: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`,
      )
    }
    await world.engine.forgetApp(app)
  }
} finally {
  await world.close()
}
const same = results.filter((one) => one.same).length
const share = results.length === 0 ? 0 : same / results.length
console.log(
  `${share >= GOAL ? '✔' : '✘'} ${same} of ${results.length} offline steps gave the same bytes (${(share * 100).toFixed(0)} %)  goal ≥ ${GOAL * 100} %  (${cpus().length} cores; ${failed.length} fixtures not built)`,
)
