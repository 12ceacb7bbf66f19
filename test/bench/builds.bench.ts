import { execFileSync } from 'node:child_process'
import { appendFileSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import { type BareTools, runBare, toolsOf } from './bare-box.ts'
import { BENCH_APPS, type BenchApp } from './build-apps.ts'
import { BuildWorld, type Cost } from './build-world.ts'
import { type Figure, median, printFigure } from './measure.ts'

/** `npm run bench builds -- --only go,rust`; `releases` is the disk that 100 releases take. */
const only = (process.env['BENCH_ONLY'] ?? '').split(',').filter((name) => name !== '')
const wanted = (name: string) => only.length === 0 || only.includes(name)
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? '1')
const MB = 1024 * 1024

const world = await BuildWorld.open()
const run = `${process.pid}-${Date.now().toString(36)}`

function touch({ touch: { file, text } }: BenchApp, source: string, round: string): void {
  const path = join(source, 'app', file)
  mkdirSync(dirname(path), { recursive: true })
  appendFileSync(path, text(round))
}

/** Bare commands run as that user. */
function giveAway(folder: string): void {
  execFileSync('chown', ['-R', '1000:1000', folder])
}

/** CPU time says most on a machine that others use as well; wall time is what a user waits for. */
function print(
  name: string,
  ours: readonly Cost[],
  bare: readonly Cost[],
  cpu: number,
  wall: number | null,
): void {
  const figure = (what: string, pick: (cost: Cost) => number, unit: string, goal: number): Figure => {
    const ratio = median(ours.map((cost, at) => pick(cost) / pick(bare[at] ?? cost)))
    const [mine, theirs] = [median(ours.map(pick)), median(bare.map(pick))]
    const met = ratio <= goal
    return {
      name: `${name}: ${what}`,
      ours: mine,
      limit: theirs,
      unit,
      value: ratio,
      goal: `≤ ${goal} ×`,
      met,
    }
  }
  printFigure(figure('CPU', (cost) => cost.cpu, 's', cpu))
  if (wall !== null) printFigure(figure('wall', (cost) => cost.ms / 1000, 's', wall))
}

/** What is added to the command, in s of wall and of CPU time. */
function printAdded(name: string, ours: readonly Cost[], floor: readonly Cost[], goal: number): void {
  for (const [what, pick] of [
    ['wall', (cost: Cost) => cost.ms / 1000],
    ['CPU', (cost: Cost) => cost.cpu],
  ] as const) {
    const added = median(ours.map((cost, at) => pick(cost) - (floor[at] === undefined ? 0 : pick(floor[at]))))
    const command = floor.length === 0 ? 0 : median(floor.map(pick))
    console.log(
      `${added <= goal ? '✔' : '✘'} ${`${name}: ${what}`.padEnd(44)} ${(command + added).toFixed(2)} s, the command alone ${command.toFixed(2)} s: ${added.toFixed(2)} s more  goal ≤ ${goal} s`,
    )
  }
}

/** Everything that a fresh clone needs; `keep`: what package managers keep below HOME from one clone to the next. */
async function bareClone(
  app: BenchApp,
  tools: BareTools,
  source: string,
  keep: string,
): Promise<Cost & { folder: string }> {
  const folder = world.folder('bare')
  cpSync(join(source, 'app'), folder, { recursive: true })
  const commands = [app.install, app.build].filter((part) => part !== '').join(' && ')
  giveAway(folder)
  const cost = await world.cost(() => runBare(world.home, tools, { app: folder, home: keep }, commands))
  return { ms: cost.ms, cpu: cost.cpu, folder }
}

async function bench(app: BenchApp): Promise<void> {
  console.log(`\n${app.name}`)
  const base = world.copy(app.folder)
  const warm = `${app.name}-warm`
  // Only to have the tools: the lock is made with them, and a sample's own may be of another time.
  const first = world.copy(app.folder)
  rmSync(join(first, 'app/package-lock.json'), { force: true })
  await world.push(warm, first)
  const tools = await toolsOf(world.home, warm)
  const prepare = (source: string, commands: string) =>
    runBare(world.home, tools, { app: join(source, 'app'), home: world.folder('home') }, commands)
  giveAway(join(base, 'app'))
  await prepare(base, app.prepare)
  const added = world.copy(join(base, 'app'))
  giveAway(join(added, 'app'))
  await prepare(added, app.add)

  const cold = { ours: [] as Cost[], bare: [] as Cost[] }
  const more = { ours: [] as Cost[], bare: [] as Cost[] }
  const source = { ours: [] as Cost[], bare: [] as Cost[] }
  const unchanged: number[] = []
  let sizes = ''
  for (let round = 1; round <= ROUNDS; round++) {
    const name = `${app.name}-${run}-${round}`
    const keep = world.folder('home')
    const bare = await bareClone(app, tools, base, keep)
    cold.bare.push(bare)
    const first = await world.cost(() => world.push(name, base))
    cold.ours.push(first)
    const layers = first.value.layers.map((path) => world.physical(path))
    const [release, ships] = [
      await world.bytes(...layers),
      await world.bytes(...app.ships.map((path) => join(bare.folder, path))),
    ]
    sizes = `  release ${(release / MB).toFixed(1)} MB (${layers.length} layers); bare ${app.ships.join(', ')} ${(ships / MB).toFixed(1)} MB`

    unchanged.push((await world.cost(() => world.push(name, base))).ms)
    unchanged.push((await world.cost(() => world.push(name, base))).ms)

    for (let turn = 1; turn <= 3; turn++) {
      const changed = world.copy(join(base, 'app'))
      touch(app, changed, `${run}-${round}-${turn}`)
      if (app.build !== '') {
        cpSync(join(changed, 'app', app.touch.file), join(bare.folder, app.touch.file))
        giveAway(join(bare.folder, dirname(app.touch.file)))
        source.bare.push(
          await world.cost(() => runBare(world.home, tools, { app: bare.folder, home: keep }, app.build)),
        )
      }
      source.ours.push(await world.cost(() => world.push(name, changed)))
    }

    more.bare.push(await bareClone(app, tools, added, keep))
    more.ours.push(await world.cost(() => world.push(name, added)))
    await world.engine.forgetApp(name)
  }
  print(`${app.name} cold`, cold.ours, cold.bare, 1.15, 1.3)
  print(`${app.name} dependency added`, more.ours, more.bare, 1.15, 1.15)
  printAdded(`${app.name} source only`, source.ours, source.bare, 0.7)
  const ms = median(unchanged)
  printFigure({
    name: `${app.name} unchanged`,
    ours: ms,
    limit: null,
    unit: 'ms',
    value: ms,
    goal: '≤ 50 ms',
    met: ms <= 50,
  })
  console.log(sizes)
  await world.engine.forgetApp(warm)
}

/** Disk of 100 releases of an app with pictures, of which each release changes one file. */
async function releases(): Promise<void> {
  console.log('\n100 releases')
  const app = BENCH_APPS.find(({ name }) => name === 'express')
  if (app === undefined) return
  const base = world.copy(app.folder)
  mkdirSync(join(base, 'app/public'))
  for (let at = 0; at < 500; at++) writeFileSync(join(base, `app/public/${at}.bin`), randomBytes(32_768))
  const store = join(world.home.at.nix, 'store')
  const name = `releases-${run}`
  const before = await world.bytes(store)
  await world.push(name, base)
  const one = (await world.bytes(store)) - before
  let changed = 0
  const times: number[] = []
  for (let at = 2; at <= 100; at++) {
    const text = `\n// release ${at}\n`
    appendFileSync(join(base, 'app/index.js'), text)
    changed += 4096
    times.push((await world.cost(() => world.push(name, world.copy(join(base, 'app'))))).ms)
  }
  const all = (await world.bytes(store)) - before
  const ratio = all / (one + changed)
  printFigure({
    name: '100 releases / one and the changed files',
    ours: all / MB,
    limit: (one + changed) / MB,
    unit: 'MB',
    value: ratio,
    goal: '≤ 1.3 ×',
    met: ratio <= 1.3,
  })
  console.log(`  each of them took ${median(times).toFixed(0)} ms`)
  await world.engine.forgetApp(name)
}

try {
  for (const app of BENCH_APPS) if (wanted(app.name) && existsSync(app.folder)) await bench(app)
  if (wanted('releases')) await releases()
} finally {
  await world.close()
}
