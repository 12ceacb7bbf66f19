import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { setTimeout as sleep } from 'node:timers/promises'
import { commit, repository } from './floor.ts'
import { grouped, median, paired, printFigure, quantile, ratioFigure } from './measure.ts'
import { OpenLoop } from './open-loop.ts'
import { Platform } from './platform.ts'

const RATE = Number(process.env['SKYPANEL_BENCH_RATE'] ?? 200)
/** ms of load that one figure is made of, while nothing else goes on. */
const QUIET = 10_000
/** `--only fork,disk`: cases whose name holds one of these words. */
const only = (process.env['BENCH_ONLY'] ?? '').split(',').filter((word) => word !== '')

/**
 * Builds that take what they can get, for so long that the push's own work before them is not what is measured. Each
 * fails, or is ended by its limit, and its push with it.
 */
const HOSTILE: Readonly<Record<string, string>> = {
  'takes every processor':
    'for i in 1 2 3 4 5 6 7 8; do (while :; do :; done) & done; sleep 20; kill $(jobs -p); exit 1',
  'forks for ever': 'fork() { fork | fork & }; fork; sleep 20; exit 1',
  'takes all memory':
    "for i in 1 2 3; do node -e 'const held = []; for (;;) held.push(Buffer.alloc(1 << 24, 1))'; done; exit 1",
  'fills the disk': 'for i in $(seq 60); do head -c 200M /dev/zero > big-$i || exit 1; done; exit 1',
}

const app = fileURLToPath(new URL('../apps/express', import.meta.url))
const platform = await Platform.load()

/** A repository whose build script is the given one. */
async function hostile(script: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'skypanel-hostile-'))
  await promisify(execFile)('git', ['init', '-q', '-b', 'main', folder])
  await writeFile(join(folder, 'build.sh'), `${script}\n`)
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'hostile', private: true, scripts: { build: 'bash build.sh', start: 'node .' } }),
  )
  await writeFile(join(folder, 'index.js'), '')
  await commit(folder, 'first')
  return folder
}

const served = await repository(app)
const folders = [served]
const [neighbour, other] = [await platform.createApp(), await platform.createApp()]
try {
  await platform.push(served, neighbour.git_url)
  const load = new OpenLoop(platform.facts.routerHttp, neighbour.host, RATE)
  const running = load.run()
  await sleep(2000)
  const wanted = ([name]: readonly [string, string]) =>
    only.length === 0 || only.some((word) => name.includes(word))
  for (const [name, script] of Object.entries(HOSTILE).filter(wanted)) {
    const folder = await hostile(script)
    folders.push(folder)
    const series = await paired(
      3,
      async (round) => {
        // Another tree each time, as the same one is not built again.
        await writeFile(join(folder, 'round.txt'), `${name} ${round}`)
        await commit(folder, `round ${round}`)
        const begun = performance.now()
        const refused = await platform.push(folder, other.git_url).then(
          () => false,
          () => true,
        )
        if (!refused) throw new Error(`the build that ${name} was not refused`)
        return quantile(load.since(begun), 0.99)
      },
      async () => {
        const begun = performance.now()
        await sleep(QUIET)
        return quantile(load.since(begun), 0.99)
      },
    )
    printFigure(ratioFigure(`p99 beside a build that ${name}`, series, 'ms', 1.5))
  }
  await load.stop()
  await running
  const kinds = [...grouped(load.failures, (failure) => failure)].map(
    ([kind, all]) => `${all.length} × ${kind}`,
  )
  console.log(
    `${load.failures.length === 0 ? '✔' : '✘'} neighbour of hostile builds at ${RATE} req/s: ${load.failures.length} of ${load.sent} requests failed` +
      `${kinds.length > 0 ? ` (${kinds.join(', ')})` : ''}, median ${median(load.since(0)).toFixed(2)} ms  goal 0`,
  )
  process.exitCode = load.failures.length === 0 ? 0 : 1
} finally {
  for (const { name } of [neighbour, other]) await platform.destroyApp(name)
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
}
