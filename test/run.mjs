// Runs the tiers of the test suite and closes with one line: `N passed, N failed`.
//
//   node test/run.mjs                 everything: checks, fast, db, root, e2e
//   node test/run.mjs fast|db|root    one tier
//   node test/run.mjs e2e             against a platform of its own, made and removed here
//   node test/run.mjs builds           every app of the fixtures that can be built and served, for real
//   node test/run.mjs crash           the complete crash matrix on nspawn
//   node test/run.mjs bench [NAME…]   test/bench/NAME.bench.ts, each beside its limit or peer
import { execFileSync, spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const checkout = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')
const work = mkdtempSync(join(tmpdir(), 'skypanel-test-'))
const root = everybodyReads(checkout) ? checkout : mountedFor()
const words = process.argv.slice(2).filter((word) => !word.startsWith('-'))
const benches = words[0] === 'bench' ? words.slice(1) : []
const tiers =
  words[0] === 'bench' ? ['bench'] : words.length > 0 ? words : ['check', 'fast', 'db', 'root', 'e2e']
const tally = { passed: 0, failed: 0, skipped: 0 }
const failures = []
let interrupted = false

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
  process.on('exit', () => {
    execFileSync('umount', ['-l', folder])
    rmdirSync(folder)
  })
  return folder
}

/** Runs argv with output passed through; resolves with the exit code, and stdout when it is kept. */
function run(argv, { env = {}, keep = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(argv[0], argv.slice(1), {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', keep ? 'pipe' : 'inherit', 'inherit'],
    })
    let kept = ''
    child.stdout?.on('data', (data) => (kept += data))
    child.on('error', (error) => resolve({ code: 127, stdout: String(error) }))
    child.on('close', (code) => resolve({ code: code ?? 1, stdout: kept }))
  })
}

function note(name, ok) {
  tally[ok ? 'passed' : 'failed'] += 1
  if (!ok) failures.push(name)
}

async function prepare(...flags) {
  const { code } = await run(['node', 'runtime/setup/bootstrap.mjs', 'prepare', ...flags])
  if (code !== 0) {
    note('prepare', false)
    return false
  }
  return true
}

async function check() {
  const bin = (name) => join(root, 'node_modules', '.bin', name)
  const checks = {
    'types of the tests': [bin('tsc'), '-p', 'test/tsconfig.json'],
    lint: [bin('oxlint'), '--type-aware'],
    format: [bin('biome'), 'format', '.'],
  }
  for (const [name, argv] of Object.entries(checks)) {
    const { code } = await run(argv)
    console.log(`${code === 0 ? '✔' : '✘'} ${name}`)
    note(name, code === 0)
  }
}

async function vitest(project, env = {}) {
  const report = join(work, `${project}.json`)
  console.log(`\n── ${project} ${'─'.repeat(60 - project.length)}`)
  const { code } = await run(
    [
      join(root, 'node_modules', '.bin', 'vitest'),
      'run',
      '--project',
      project,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
    { env },
  )
  if (!existsSync(report)) {
    note(`${project}: the runner left no report (exit ${code})`, false)
    return
  }
  const result = JSON.parse(readFileSync(report, 'utf8'))
  tally.passed += result.numPassedTests
  tally.failed += result.numFailedTests
  tally.skipped += result.numPendingTests + (result.numTodoTests ?? 0)
  for (const file of result.testResults) {
    for (const test of file.assertionResults)
      if (test.status === 'failed') failures.push(`${project}: ${test.fullName}`)
    // A file that does not load has no test to fail; it counts as one.
    if (file.status === 'failed' && file.assertionResults.length === 0)
      note(`${project}: ${file.name} did not load`, false)
  }
  if (code !== 0 && result.numFailedTests === 0 && result.success)
    note(`${project}: the runner ended with ${code}`, false)
}

async function bench(env) {
  const all = readdirSync(join(root, 'test', 'bench')).filter((file) => file.endsWith('.bench.ts'))
  for (const file of all.filter(
    (name) => benches.length === 0 || benches.includes(name.replace('.bench.ts', '')),
  )) {
    console.log(`\n── ${file}`)
    const { code } = await run(['node', '--import', 'tsx', join('test', 'bench', file)], { env })
    note(`bench ${file}`, code === 0)
  }
}

/** A platform of its own beside whatever runs on this machine: own home, ports, range, users; removed afterwards. */
async function withPlatform(test) {
  const home = join('/var/lib', `skypanel-test-${process.pid}`)
  const ports = { panel: 18800, http: 18880, https: 18843 }
  const flags = [
    '--home',
    home,
    '--panel-port',
    String(ports.panel),
    '--http-port',
    String(ports.http),
    '--https-port',
    String(ports.https),
  ]
  const started = await run(
    ['node', 'runtime/setup/bootstrap.mjs', 'start', ...flags, '--detach', '--json', '--no-command'],
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
    const removed = await run(['node', 'runtime/setup/bootstrap.mjs', 'uninstall', '--home', home, '--yes'])
    note('npm run uninstall leaves nothing', removed.code === 0 && !existsSync(home))
  }
}

function close() {
  rmSync(work, { recursive: true, force: true })
  if (failures.length > 0) console.log(`\nFailed:\n${failures.map((name) => `  ✘ ${name}`).join('\n')}`)
  const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : ''
  console.log(`\n${tally.passed} passed, ${tally.failed} failed${skipped}`)
  process.exitCode = tally.failed === 0 && tally.passed > 0 && !interrupted ? 0 : 1
}

process.on('SIGINT', () => (interrupted = true))

const needs = (...those) => tiers.some((tier) => those.includes(tier))
const flags = [
  ...(needs('root', 'builds', 'e2e', 'crash', 'db', 'bench') ? ['--machine'] : []),
  ...(needs('root', 'e2e', 'crash', 'bench') ? ['--consul'] : []),
]
if (await prepare(...flags)) {
  for (const tier of tiers) {
    if (interrupted) break
    if (tier === 'check') await check()
    else if (tier === 'e2e') await withPlatform((env) => vitest('e2e', env))
    else if (tier === 'bench') await withPlatform(bench)
    else if (tier === 'crash') await withPlatform((env) => vitest('crash', env))
    else await vitest(tier)
  }
}
close()
