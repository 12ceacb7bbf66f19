#!/usr/bin/env node
// The only code that runs before the dependencies are there: plain JavaScript, nothing but Node itself.
//
//   node runtime/setup/bootstrap.mjs start|stop|doctor|uninstall [flags]   builds what changed, then hands over
//   node runtime/setup/bootstrap.mjs build                                 dependencies and dist
//   node runtime/setup/bootstrap.mjs prepare [--machine] [--consul]        the same, for the tests; with the packages,
//                                                                          and a Consul in the machine's cache
//   node runtime/setup/bootstrap.mjs packages [--phase tools|database|lxc|tests]  the system packages alone
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { installPackages, missingPackages, PHASES } from './packages.mjs'
import { USAGE } from './usage.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const dist = join(root, 'dist')
const VERBS = ['start', 'stop', 'doctor', 'uninstall', 'build', 'prepare', 'packages']
const NEEDS_ROOT = ['start', 'stop', 'doctor', 'uninstall', 'packages']
const [verb = '', ...flags] = process.argv.slice(2)

class Failure extends Error {}

const say = (text) => process.stderr.write(`${text}\n`)

/** One line when it begins to take long, one when it is done; nothing for what is done already. */
async function step(name, work) {
  const from = performance.now()
  const timer = setTimeout(() => say(`… ${name}`), 300)
  try {
    await work()
  } finally {
    clearTimeout(timer)
  }
  say(`✔ ${name.padEnd(24)} ${((performance.now() - from) / 1000).toFixed(1)} s`)
}

/** Runs argv; its output is kept and shown only when it fails. */
function run(argv, { env = {}, cwd = root } = {}) {
  return new Promise((resolve) => {
    const child = spawn(argv[0], argv.slice(1), {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (output += text))
    child.on('error', (error) => resolve({ code: 127, output: error.message }))
    child.on('close', (code) => resolve({ code: code ?? 1, output }))
  })
}

async function must(argv, what, advice, options) {
  const { code, output } = await run(argv, options)
  if (code === 0) return
  const lines = output.trim().split('\n').slice(-15)
  throw new Failure(
    `${what} failed (${argv.slice(0, 3).join(' ')} ended with ${code}).\n\n${lines.map((line) => `    ${line}`).join('\n')}\n\n${advice}`,
  )
}

function checkMachine() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new Failure(
      `Node ${process.versions.node} is too old: SkyPanel needs Node 20.19 or newer. Install one (Debian 13 has it: apt-get install nodejs npm) and run this again.`,
    )
  }
  if (process.platform !== 'linux') throw new Failure(`SkyPanel runs on Linux; this is ${process.platform}.`)
  if (NEEDS_ROOT.includes(verb) && process.getuid() !== 0) {
    throw new Failure(
      `npm ${verb === 'start' || verb === 'stop' ? verb : `run ${verb}`} must run as root: it makes users, namespaces and firewall rules. Type: sudo npm ${verb === 'start' || verb === 'stop' ? verb : `run ${verb}`}`,
    )
  }
}

const sha = (text) => createHash('sha256').update(text).digest('hex')
const textOf = async (file) => await readFile(file, 'utf8').catch(() => '')

async function dependencies() {
  const lock = sha(`${process.versions.modules}${await readFile(join(root, 'package-lock.json'), 'utf8')}`)
  const stamp = join(root, 'node_modules', '.skypanel-lock')
  if ((await textOf(stamp)) === lock) return
  await step('npm packages', async () => {
    await must(
      ['npm', 'ci', '--no-audit', '--no-fund', '--prefer-offline'],
      'Installing the npm packages',
      'Check the network and the registry that npm is configured for (npm config get registry), then run this again.',
      {
        // Tests and type checks need the development packages, whatever NODE_ENV says.
        env: { NODE_ENV: '' },
      },
    )
    await writeFile(stamp, lock)
  })
}

const SOURCES = ['server', 'runtime', 'buildpacks', 'cli', 'migrations', 'dashboard']
const ASSET = /\.(json|nix|sh|sql|c|h|html|css|mod|sum|pem)$/

/** Every file that dist is made from, with size and time: cheap enough for each start. */
async function sources() {
  const found = []
  const walk = async (folder) => {
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) {
        if (entry.name !== 'node_modules' && entry.name !== 'fixtures') await walk(path)
      } else if (!entry.name.endsWith('.test.ts')) found.push(path)
    }
  }
  await Promise.all(SOURCES.map((name) => walk(join(root, name))))
  found.push(
    ...['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.base.json'].map((name) =>
      join(root, name),
    ),
  )
  return found.sort((a, b) => (a < b ? -1 : 1))
}

async function build() {
  const files = await sources()
  const facts = await Promise.all(
    files.map(async (file) => {
      const { size, mtimeMs } = await stat(file)
      return `${relative(root, file)} ${size} ${mtimeMs}`
    }),
  )
  const stamp = sha(facts.join('\n'))
  const stampFile = join(dist, '.stamp')
  if ((await textOf(stampFile)) === stamp && existsSync(join(dist, '.content'))) return
  await step('build', async () => {
    await rm(stampFile, { force: true })
    await Promise.all([
      must(
        [process.execPath, join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b'],
        'Compiling',
        'This is a fault of the checkout: see git status.',
      ),
      buildDashboard(files, facts),
    ])
    await copyAssets(files)
    await Promise.all([bundleCli(), bundleServer()])
    await writeFile(join(dist, '.content'), await contentOf(files))
    await writeFile(stampFile, stamp)
  })
}

/** Seconds of work, so it is left out while what it is made from stays the same. */
async function buildDashboard(files, facts) {
  const mine = /^(dashboard|server\/contract|package-lock\.json)/
  const stamp = sha(facts.filter((_, index) => mine.test(relative(root, files[index]))).join('\n'))
  const stampFile = join(dist, '.dashboard')
  if ((await textOf(stampFile)) === stamp && existsSync(join(dist, 'dashboard', 'index.html'))) return
  await rm(stampFile, { force: true })
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js')
  await must(
    [process.execPath, vite, 'build', '--config', join(root, 'dashboard', 'vite.config.ts')],
    'Building the dashboard',
    'This is a fault of the checkout: see git status.',
    { env: { NODE_ENV: 'production' } },
  )
  const { compressPages } = await import('./compress-pages.mjs')
  await compressPages(join(dist, 'dashboard'))
  await writeFile(stampFile, stamp)
}

/** The same sources give the same name, whenever and wherever they were checked out. */
async function contentOf(files) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(`${relative(root, file)}\0`).update(await readFile(file))
  return hash.digest('hex').slice(0, 12)
}

/** What the compiler leaves out: dist is complete by itself. */
async function copyAssets(files) {
  const sample = join(root, 'runtime', 'setup', 'sample')
  for (const file of files) {
    const name = relative(root, file)
    // Vite made the whole of it.
    if (name.startsWith('dashboard/')) continue
    const isAsset =
      name.startsWith('migrations/') ||
      (ASSET.test(name) && !/tsconfig[^/]*\.json$/.test(name) && name.includes('/')) ||
      name.endsWith('.mjs')
    if (!isAsset || file.startsWith(sample)) continue
    await mkdir(dirname(join(dist, name)), { recursive: true })
    await cp(file, join(dist, name))
  }
  await cp(sample, join(dist, 'runtime', 'setup', 'sample'), { recursive: true })
  await cp(join(root, 'package.json'), join(dist, 'package.json'))
}

async function bundleCli() {
  const script = join(root, 'cli', 'bundle.mjs')
  if (!existsSync(script))
    throw new Failure(
      'cli/bundle.mjs is missing from the checkout: the command line cannot be built. See git status.',
    )
  const { bundleCli: bundle } = await import(pathToFileURL(script).href)
  await bundle({ outdir: join(dist, 'cli') })
}

async function bundleServer() {
  const { bundleServer: bundle } = await import(pathToFileURL(join(root, 'server', 'bundle.mjs')).href)
  await bundle({ dist })
}

/** Two starts at once would write dist at the same time; the kernel lets go of this one whatever happens to us. */
async function alone(work) {
  const { createServer } = await import('node:net')
  const name = `\0skypanel-build-${sha(root).slice(0, 16)}`
  const server = createServer()
  for (let told = false; ; told = true) {
    const busy = await new Promise((resolve) => {
      server.once('error', () => resolve(true))
      server.listen(name, () => resolve(false))
    })
    if (!busy) break
    if (!told) say('… another build of this checkout is running; waiting for it')
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  try {
    await work()
  } finally {
    server.close()
  }
}

async function packages(phases) {
  for (const phase of phases) {
    if ((await missingPackages(phase, run)).length === 0) continue
    await step(`packages (${phase})`, async () => {
      const failed = await installPackages(phase, run)
      if (failed !== null) throw new Failure(failed)
    })
  }
}

/** apt works while npm and the compiler do; setup waits for it where it needs the packages. */
async function packagesBeside() {
  if (process.getuid() !== 0) return
  const missing = await Promise.all(PHASES.map((phase) => missingPackages(phase, run)))
  if (missing.every((names) => names.length === 0)) return
  spawn(process.execPath, [fileURLToPath(import.meta.url), 'packages', '--quiet'], {
    stdio: 'ignore',
    detached: true,
  }).unref()
}

/** Tests of limits need the controllers that this machine's init did not mount. */
async function controllers() {
  if (process.getuid() !== 0) return
  const { mountHierarchies } = await import(
    pathToFileURL(join(dist, 'runtime', 'limits', 'mount-hierarchies.js')).href
  )
  await mountHierarchies()
}

/**
 * Compiled once per machine, before any test and beside nothing else: within a test its five minutes would be taken
 * for a hang. Without one the tests of the registry say why, so this ends nothing.
 */
async function consul() {
  const main = join(dist, 'runtime', 'consul', 'main.js')
  await step('Consul', () => {
    const child = spawn(process.execPath, [main, '--prepare'], { stdio: ['ignore', 'pipe', 'pipe'] })
    const told = new Set()
    // One JSON line per second while it compiles; a line per tenth is enough to see that it goes on.
    const tell = (text) => {
      for (const line of text.split('\n').filter((one) => one.startsWith('{'))) {
        const { message, percent } = JSON.parse(line)
        const shown = percent === undefined ? message : `${message}: ${Math.floor(percent / 10) * 10} %`
        if (!told.has(shown)) say(`  ${shown}`)
        told.add(shown)
      }
    }
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', tell)
    return new Promise((resolve) => {
      child.on('error', (error) => resolve(say(`  ${error.message}`)))
      child.on('close', resolve)
    })
  })
}

async function handOver() {
  const child = spawn(
    process.execPath,
    [join(dist, 'runtime', 'setup', 'main.js'), verb, '--checkout', root, ...flags],
    { stdio: 'inherit' },
  )
  // The terminal sends Ctrl-C to both of us; the child decides, and we leave with it.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(name, () => name !== 'SIGINT' && child.kill(name))
  process.exitCode = await new Promise((resolve) =>
    child.on('close', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1))),
  )
}

async function main() {
  if (!VERBS.includes(verb))
    throw new Failure(`usage: node runtime/setup/bootstrap.mjs ${VERBS.join('|')} [flags]`)
  if (flags.includes('--help') || flags.includes('-h')) {
    process.stdout.write(USAGE)
    return
  }
  checkMachine()
  const phase = flags.includes('--phase') ? [flags[flags.indexOf('--phase') + 1]] : PHASES
  if (verb === 'packages') return await packages(phase)
  if (verb === 'start' || flags.includes('--machine')) await packagesBeside()
  // What is installed needs no compiler to be stopped or removed.
  const builds =
    !['stop', 'uninstall'].includes(verb) || !existsSync(join(dist, 'runtime', 'setup', 'main.js'))
  if (builds) {
    await alone(async () => {
      await dependencies()
      await build()
    })
  }
  if (verb === 'prepare' && flags.includes('--machine')) {
    await packages([...PHASES, 'tests'])
    await controllers()
  }
  if (verb === 'prepare' && flags.includes('--consul')) await consul()
  if (verb !== 'build' && verb !== 'prepare') await handOver()
}

try {
  await main()
} catch (error) {
  const text =
    error instanceof Error
      ? error instanceof Failure
        ? error.message
        : (error.stack ?? error.message)
      : String(error)
  say(`\n✘ ${text}`)
  process.exitCode = 1
}
