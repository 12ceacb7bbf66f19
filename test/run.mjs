// Runs the tiers of the test suite and closes with one line: `N passed, N failed`.
//
//   node test/run.mjs                     everything: check, fast, db, root, nix, e2e
//   node test/run.mjs fast|db|root|nix    one tier, or several
//   node test/run.mjs e2e                 against a platform of its own, made and removed here
//   node test/run.mjs builds              every app of the fixtures that can be built and served, for real
//   node test/run.mjs crash               the complete crash matrix on nspawn
//   node test/run.mjs screenshots         every page of the dashboard, into docs/screenshots
//   node test/run.mjs bench [NAME…]       test/bench/NAME.bench.ts, each beside its limit or peer; --only PART,PART
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, opendirSync } from 'node:fs'
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { endOnSignals, isInterrupted, run } from './runner/children.mjs'
import {
  abandonedHomes,
  removeAbandonedFolders,
  removeUnlessMounted,
  unmountCheckout,
} from './runner/earlier-runs.mjs'
import { openOutput } from './runner/output.mjs'
import { claims, freePorts } from './runner/ports.mjs'

/** Tiers that run one after the other, beside those of the other lanes: most of their time is waiting. */
const LANES = [['check', 'fast', 'db'], ['root'], ['nix'], ['e2e']]
/** Bytes below which a machine runs one tier at a time. */
const MEMORY_FOR_LANES = 6 * 2 ** 30
const LINES_OF_A_FAILURE = 12
/** Benchmarks of one part by itself: no platform is needed for them. */
const ALONE = ['builds', 'reproducible', 'rollout']
/** Where set-up mounts the controllers that a machine's init did not (runtime/limits/mount-hierarchies.ts). */
const CONTROLLERS = '/run/skypanel/cgroup'

const checkout = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
removeAbandonedFolders()
const work = mkdtempSync(join(tmpdir(), `skypanel-test-${process.pid}-`))
const root = everybodyReads(checkout) ? checkout : mountedFor()
const given = process.argv.slice(2)
/** `--only NAME,NAME`: parts of a benchmark. */
const only = given.includes('--only') ? (given[given.indexOf('--only') + 1] ?? '') : null
const words = given.filter((word, at) => !word.startsWith('-') && given[at - 1] !== '--only')
const benches = words[0] === 'bench' ? words.slice(1) : []
const tiers = words[0] === 'bench' ? ['bench'] : words.length > 0 ? words : LANES.flat()
const output = openOutput(tiers)
const tally = { passed: 0, failed: 0, skipped: 0 }
const failures = []

/** Whether a process that is not root may enter every folder above: not below /root, for one. */
function everybodyReads(folder) {
  if (process.getuid() !== 0) return true
  for (let at = folder; at !== '/'; at = dirname(at)) if ((statSync(at).mode & 0o005) !== 0o005) return false
  return true
}

/** Parts that are not root in the tests run from the checkout, so they need it where everybody may read it. */
function mountedFor() {
  const folder = `/run/skypanel-checkout-${process.pid}`
  mkdirSync(folder)
  execFileSync('mount', ['--bind', checkout, folder])
  // The folder itself may be closed as well; on a bind mount there is no other way than to open it.
  if ((statSync(folder).mode & 0o005) !== 0o005) chmodSync(folder, 0o755)
  process.on('exit', () => unmountCheckout(folder))
  return folder
}

const teller = (tier) => (text) => output.tell(tier, text)
const bin = (name) => join(root, 'node_modules', '.bin', name)
const bootstrap = (tell, words, more = {}) =>
  run([process.execPath, 'runtime/setup/bootstrap.mjs', ...words], { cwd: root, tell, ...more })

function note(name, ok) {
  // What was ended from outside has not failed.
  if (!ok && isInterrupted()) return
  tally[ok ? 'passed' : 'failed'] += 1
  if (!ok) failures.push(name)
}

async function check(tell) {
  const checks = {
    'types of the tests': [bin('tsc'), '-p', 'test/tsconfig.json'],
    lint: [bin('oxlint'), '--type-aware'],
    format: [bin('biome'), 'format', '.'],
  }
  await Promise.all(
    Object.entries(checks).map(async ([name, argv]) => {
      let said = ''
      const { code } = await run(argv, { cwd: root, tell: (text) => (said += text) })
      tell(`${code === 0 ? '' : said}${code === 0 ? '✔' : '✘'} ${name}\n`)
      note(name, code === 0)
    }),
  )
}

async function vitest(tier, tell, env = {}) {
  const report = join(work, `${tier}.json`)
  const projects = tier === 'e2e' ? ['e2e', 'e2e-alone'] : [tier]
  const flags = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const { code } = await run(
    [bin('vitest'), 'run', ...projects.flatMap((name) => ['--project', name]), ...flags],
    {
      cwd: root,
      env,
      whole: true,
      tell,
    },
  )
  if (!existsSync(report)) {
    note(`${tier}: the runner left no report (exit ${code})`, false)
    return
  }
  const result = JSON.parse(readFileSync(report, 'utf8'))
  const before = tally.failed
  tally.passed += result.numPassedTests
  tally.failed += result.numFailedTests
  tally.skipped += result.numPendingTests + (result.numTodoTests ?? 0)
  for (const file of result.testResults) {
    for (const test of file.assertionResults)
      if (test.status === 'failed') failures.push(`${tier}: ${test.fullName}${why(test.failureMessages)}`)
    // A file that does not load, or whose set-up fails, has no test to fail; it counts as one.
    if (file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'))
      note(
        `${tier}: ${file.name.replace(`${root}/`, '')} could not be run: ${file.message.split('\n')[0]}`,
        false,
      )
  }
  if (code !== 0 && tally.failed === before) note(`${tier}: the runner ended with ${code}`, false)
}

/** The beginning of what a failed test said: whoever sees only the end of the output knows where to look. */
const why = (messages) =>
  messages
    .flatMap((message) => message.split('\n').slice(0, LINES_OF_A_FAILURE))
    .map((line) => `\n      ${line}`)
    .join('')

async function bench(tell, env) {
  const all = readdirSync(join(root, 'test', 'bench')).filter((file) => file.endsWith('.bench.ts'))
  const wanted = (name) => benches.length === 0 || benches.includes(name.replace('.bench.ts', ''))
  for (const file of all.filter(wanted)) {
    if (isInterrupted()) return
    tell(`\n── ${file}\n`)
    const argv = [process.execPath, '--import', 'tsx', join('test', 'bench', file)]
    const { code } = await run(argv, {
      cwd: root,
      env: only === null ? env : { ...env, BENCH_ONLY: only },
      tell,
    })
    note(`bench ${file}`, code === 0)
  }
}

async function screenshots(tell, env) {
  const argv = [process.execPath, '--import', 'tsx', join('test', 'screenshots', 'take.ts')]
  const { code } = await run(argv, { cwd: root, env, tell })
  note('screenshots of every page', code === 0)
}

/** A platform of its own beside whatever runs on this machine: own home, ports, range, users; removed afterwards. */
async function withPlatform(tell, test) {
  const home = join('/var/lib', `skypanel-test-${process.pid}`)
  const ports = await freePorts(3)
  const flags = ['--panel-port', '--http-port', '--https-port'].flatMap((flag, at) => [
    flag,
    String(ports[at]),
  ])
  const started = await bootstrap(
    tell,
    ['start', '--home', home, ...flags, '--detach', '--json', '--no-command'],
    { keep: true },
  )
  note('npm start brings up a platform and serves the sample', started.code === 0)
  try {
    if (started.code !== 0) return
    const facts = started.stdout.trim().split('\n').at(-1) ?? ''
    const file = join(work, 'platform.json')
    writeFileSync(file, JSON.stringify({ ...JSON.parse(facts), home }))
    await test({ SKYPANEL_TEST_PLATFORM: file })
  } finally {
    const file = join(home, 'installation.json')
    const users = existsSync(file) ? `skypanel-${JSON.parse(readFileSync(file, 'utf8')).id}` : home
    const removed = await bootstrap(tell, ['uninstall', '--home', home, '--yes'])
    const left = existsSync(home) || readFileSync('/etc/passwd', 'utf8').includes(users)
    note('npm run uninstall leaves nothing', removed.code === 0 && !left)
  }
}

async function runTier(tier) {
  const tell = teller(tier)
  const began = performance.now()
  tell(`\n── ${tier} ${'─'.repeat(60 - tier.length)}\n`)
  if (tier === 'check') await check(tell)
  else if (tier === 'e2e' || tier === 'crash') await withPlatform(tell, (env) => vitest(tier, tell, env))
  else if (tier === 'bench' && benches.length > 0 && benches.every((name) => ALONE.includes(name)))
    await bench(tell, {})
  else if (tier === 'bench') await withPlatform(tell, (env) => bench(tell, env))
  else if (tier === 'screenshots') await withPlatform(tell, (env) => screenshots(tell, env))
  else await vitest(tier, tell)
  tell(`── ${tier} took ${Math.round((performance.now() - began) / 1000)} s\n`)
  output.end(tier)
}

async function runLane(lane) {
  for (const tier of lane) if (!isInterrupted()) await runTier(tier)
}

const needs = (...those) => tiers.some((tier) => those.includes(tier))

/** Tests of the machine use names that they share with those of another run: that one ends first. */
async function aloneOnMachine() {
  const server = createServer((socket) => socket.destroy())
  for (let told = false; !isInterrupted(); told = true) {
    const taken = await new Promise((resolve) => {
      server.once('error', () => resolve(true))
      server.listen('\0skypanel-test-machine', () => resolve(false))
    })
    if (!taken) break
    if (!told) console.log('… another run tests this machine; waiting for its end')
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
  return () => server.close()
}

/** Uninstalling the last platform unmounts these, unless somebody has them open: tests beside it count on them. */
function holdControllers() {
  const held = existsSync(CONTROLLERS)
    ? readdirSync(CONTROLLERS).map((name) => opendirSync(join(CONTROLLERS, name)))
    : []
  return async () => {
    for (const folder of held) await folder.close()
    if (held.length === 0 || claims().length > 0) return
    const module = join(root, 'dist', 'runtime', 'limits', 'mount-hierarchies.js')
    await (await import(pathToFileURL(module).href)).unmountHierarchies()
  }
}

async function runAll() {
  const say = (text) => process.stderr.write(text)
  const machine = needs('root', 'nix', 'e2e', 'crash', 'bench', 'screenshots')
  const flags = [...(machine || needs('db', 'builds') ? ['--machine'] : []), ...(machine ? ['--consul'] : [])]
  const prepared = await bootstrap(say, ['prepare', ...flags])
  if (prepared.code !== 0) return note('prepare', false)
  for (const home of abandonedHomes()) {
    say(`… removing ${home}, which a run before left\n`)
    const { code } = await bootstrap(say, ['uninstall', '--home', home, '--yes'])
    if (code === 0) removeUnlessMounted(home)
  }
  const leave = needs('root') ? await aloneOnMachine() : () => undefined
  const release = holdControllers()
  const beside = totalmem() >= MEMORY_FOR_LANES
  const lanes = LANES.map((lane) => lane.filter((tier) => tiers.includes(tier)))
  const others = tiers.filter((tier) => !LANES.flat().includes(tier))
  await (beside ? Promise.all(lanes.map(runLane)) : runLane(lanes.flat()))
  await runLane(others)
  await release()
  leave()
}

function close() {
  rmSync(work, { recursive: true, force: true })
  if (failures.length > 0) console.log(`\nFailed:\n${failures.map((name) => `  ✘ ${name}`).join('\n')}`)
  if (isInterrupted()) console.log('\nThe run was told to end before it was through.')
  const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : ''
  console.log(`\n${tally.passed} passed, ${tally.failed} failed${skipped}`)
  process.exitCode = tally.failed === 0 && tally.passed > 0 && !isInterrupted() ? 0 : 1
}

endOnSignals()
await runAll()
close()
