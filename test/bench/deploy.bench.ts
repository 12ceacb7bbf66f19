import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Floor, answers, commit, repository } from './floor.ts'
import { type Figure, median, paired, printFigure, ratioFigure, timed } from './measure.ts'
import { Platform } from './platform.ts'

const run = promisify(execFile)
const app = (name: string) => fileURLToPath(new URL(`../apps/${name}`, import.meta.url))

/** A change that only touches the source, seen from outside by what `/version` answers. */
async function change(folder: string, version: string): Promise<void> {
  await writeFile(join(folder, 'version.txt'), version)
  await commit(folder, version)
}

/** `git push` of a source change → the router answers with the new version. */
async function pushToLive(platform: Platform): Promise<Figure> {
  const dependencies = await mkdtemp(join(tmpdir(), 'skypanel-deps-'))
  await cp(join(app('express'), 'package.json'), join(dependencies, 'package.json'))
  await cp(join(app('express'), 'package-lock.json'), join(dependencies, 'package-lock.json'))
  await run('npm', ['ci', '--omit=dev', '--no-audit', '--no-fund'], { cwd: dependencies })
  const floor = await Floor.start(join(dependencies, 'node_modules'))
  const ours = await platform.createApp()
  const [folderA, folderB] = [await repository(app('express')), await repository(app('express'))]
  try {
    await platform.push(folderA, ours.git_url)
    const series = await paired(
      7,
      async (round) => {
        await change(folderA, `v${round}`)
        const { ms } = await timed(async () => {
          await platform.push(folderA, ours.git_url)
          await answers(`${platform.facts.routerHttp}/version`, `v${round}`, { host: ours.host })
        })
        return ms
      },
      async (round) => {
        await change(folderB, `v${round}`)
        const { ms } = await timed(async () => {
          await run('git', ['-C', folderB, 'push', '-q', floor.gitUrl, 'HEAD:main'])
          await answers(`${floor.webUrl}version`, `v${round}`)
        })
        return ms
      },
    )
    return ratioFigure('push → live, warm (express)', series, 'ms', 1.5)
  } finally {
    await floor.stop()
    await platform.destroyApp(ours.name)
    for (const folder of [folderA, folderB, dependencies]) await rm(folder, { recursive: true, force: true })
  }
}

/** A first push of an app with dependencies and a build step, against `npm ci && npm run build` in a fresh clone. */
async function coldBuild(platform: Platform): Promise<Figure> {
  const folder = await repository(app('node-build'))
  const bareOnce = async (): Promise<number> => {
    const clone = await mkdtemp(join(tmpdir(), 'skypanel-bare-'))
    const { ms } = await timed(async () => {
      await run('git', ['clone', '-q', folder, clone])
      await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: clone })
      await run('npm', ['run', 'build'], { cwd: clone })
    })
    await rm(clone, { recursive: true, force: true })
    return ms
  }
  const names: string[] = []
  try {
    const series = await paired(
      3,
      async () => {
        // A new app each time has no caches of its own; a changed lock file keeps its dependency layer from being shared.
        const fresh = await platform.createApp()
        names.push(fresh.name)
        await writeFile(join(folder, '.npmrc'), `# ${fresh.name}\n`)
        await commit(folder, fresh.name)
        await platform.push(folder, fresh.git_url)
        const [build] = await platform.api<{ created_at: string; finished_at: string }[]>(
          'GET',
          `/apps/${fresh.name}/builds`,
        )
        return build === undefined ? Number.NaN : Date.parse(build.finished_at) - Date.parse(build.created_at)
      },
      bareOnce,
    )
    return ratioFigure('cold build / bare npm ci + build', series, 'ms', 1.3)
  } finally {
    for (const name of names) await platform.destroyApp(name)
    await rm(folder, { recursive: true, force: true })
  }
}

/** Rollback against the start of one more instance of the same app (scale 1 → 2). */
async function rollback(platform: Platform): Promise<Figure> {
  const ours = await platform.createApp()
  const folder = await repository(app('express'))
  try {
    await platform.push(folder, ours.git_url)
    const series = await paired(
      5,
      async (round) => {
        await change(folder, `r${round}`)
        await platform.push(folder, ours.git_url)
        await answers(`${platform.facts.routerHttp}/version`, `r${round}`, { host: ours.host })
        const { ms } = await timed(async () => {
          await platform.api('POST', `/apps/${ours.name}/rollback`, { version: 1 })
          await answers(`${platform.facts.routerHttp}/version`, 'one', { host: ours.host })
        })
        return ms
      },
      async () => {
        const { ms } = await timed(async () => {
          await platform.api('PATCH', `/apps/${ours.name}/formation`, {
            updates: [{ type: 'web', quantity: 2 }],
          })
          await ready(platform, ours.name, 2)
        })
        await platform.api('PATCH', `/apps/${ours.name}/formation`, {
          updates: [{ type: 'web', quantity: 1 }],
        })
        await ready(platform, ours.name, 1)
        return ms
      },
    )
    return ratioFigure('rollback / one instance start', series, 'ms', 1.5)
  } finally {
    await platform.destroyApp(ours.name)
    await rm(folder, { recursive: true, force: true })
  }
}

async function ready(platform: Platform, app: string, count: number): Promise<void> {
  for (;;) {
    const instances = await platform.api<{ state: string }[]>('GET', `/apps/${app}/instances`)
    if (instances.filter((instance) => instance.state === 'ready').length === count) return
    await new Promise((done) => setTimeout(done, 10))
  }
}

/** The same commit pushed again as an empty change: everything is reused. */
async function unchanged(platform: Platform): Promise<Figure> {
  const ours = await platform.createApp()
  const folder = await repository(app('node-build'))
  try {
    await platform.push(folder, ours.git_url)
    const times: number[] = []
    for (let round = 0; round < 5; round++) {
      await commit(folder, `empty ${round}`)
      await platform.push(folder, ours.git_url)
      const [build] = await platform.api<{ created_at: string; finished_at: string }[]>(
        'GET',
        `/apps/${ours.name}/builds`,
      )
      if (build !== undefined) times.push(Date.parse(build.finished_at) - Date.parse(build.created_at))
    }
    const value = median(times)
    return {
      name: 'unchanged rebuild',
      ours: value,
      limit: null,
      unit: 'ms',
      value,
      goal: '≤ 50 ms',
      met: value <= 50,
    }
  } finally {
    await platform.destroyApp(ours.name)
    await rm(folder, { recursive: true, force: true })
  }
}

/** A source-only change against the app's build command alone, run in a clone with its dependencies in place. */
async function sourceOnly(platform: Platform): Promise<Figure> {
  const ours = await platform.createApp()
  const folder = await repository(app('node-build'))
  const clone = await mkdtemp(join(tmpdir(), 'skypanel-bare-'))
  try {
    await run('git', ['clone', '-q', folder, clone])
    await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: clone })
    await platform.push(folder, ours.git_url)
    const series = await paired(
      5,
      async (round) => {
        await change(folder, `s${round}`)
        await platform.push(folder, ours.git_url)
        const [build] = await platform.api<{ created_at: string; finished_at: string }[]>(
          'GET',
          `/apps/${ours.name}/builds`,
        )
        return build === undefined ? Number.NaN : Date.parse(build.finished_at) - Date.parse(build.created_at)
      },
      async () => (await timed(() => run('npm', ['run', 'build'], { cwd: clone }))).ms,
    )
    const extra = median(series.ours.map((ms, index) => ms - (series.limit[index] ?? Number.NaN)))
    return {
      name: 'source-only rebuild beyond its command',
      ours: median(series.ours),
      limit: median(series.limit),
      unit: 'ms',
      value: median(series.ours) / median(series.limit),
      goal: '≤ command + 700 ms',
      met: extra <= 700,
    }
  } finally {
    await platform.destroyApp(ours.name)
    for (const path of [folder, clone]) await rm(path, { recursive: true, force: true })
  }
}

const platform = await Platform.load()
for (const bench of [pushToLive, rollback, unchanged, sourceOnly, coldBuild])
  printFigure(await bench(platform))
