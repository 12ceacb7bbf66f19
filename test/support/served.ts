import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { BuildEngine, BuiltArtifact } from '../../buildpacks/engine.ts'
import { type Built, buildOnce } from '../../buildpacks/engine-conformance.ts'
import { createInventories } from '../../buildpacks/inventory/inventories.ts'
import { NixEngine } from '../../buildpacks/nix/engine.ts'
import { UnshareCells } from '../../buildpacks/nix/unshare-cells.ts'
import type { BuildPlan } from '../../buildpacks/plan.ts'
import { planFolder } from '../../buildpacks/plan-folder.ts'
import type { Compared } from './differences.ts'
import { fillHosts } from './fixture-hosts.ts'
import { imageCommand, imageRoots } from '../../runtime/driver/image-command.ts'
import { type NixHome, openNixHome } from './nix-home.ts'

const buildpacks = fileURLToPath(new URL('../../buildpacks', import.meta.url))
const script = fileURLToPath(new URL('serve.sh', import.meta.url))
const LIMITS = { memoryMb: 3072, cpuMilli: 2000, pids: 2000, diskMb: 6144, seconds: 1_100 }

const UNSHARE = ['unshare', '--mount', '--pid', '--net', '--fork', '--kill-child']

/** `serve.json` of a fixture: it is really built, started, and asked for a page. */
const Serve = z.strictObject({
  path: z.string().default('/'),
  contains: z.string(),
  status: z.number().default(200),
  seconds: z.number().default(30),
  /** Among those that `npm test` builds as well. */
  quick: z.boolean().default(false),
  /**
   * Run over the app before it is pushed, in the toolchain of another fixture and with network: for what tools write
   * into an app and is not ours to keep here, such as a Maven wrapper or a vendor folder.
   */
  prepare: z.strictObject({ like: z.string(), commands: z.array(z.string()) }).optional(),
})
export type Serve = z.infer<typeof Serve>

export interface ServedFixture {
  readonly name: string
  readonly folder: string
  readonly serve: Serve
}

/** Every fixture of every language that has a serve.json. */
export function servedFixtures(): ServedFixture[] {
  return readdirSync(buildpacks).flatMap((language) => {
    const folder = join(buildpacks, language, 'fixtures')
    if (!existsSync(folder)) return []
    return readdirSync(folder).flatMap((app) => {
      const file = join(folder, app, 'serve.json')
      if (!existsSync(file)) return []
      const serve = Serve.parse(JSON.parse(readFileSync(file, 'utf8')))
      return [{ name: `${language}/${app}`, folder: join(folder, app), serve }]
    })
  })
}

const appOf = (name: string) => name.replaceAll(/[^a-z0-9-]/g, '-')

export interface Pushed extends Built {
  readonly plan: BuildPlan
  readonly artifact: BuiltArtifact
  readonly ms: number
}

/** Plans, builds and serves fixtures on a real engine. */
export class ServedWorld {
  readonly home: NixHome
  readonly engine: NixEngine
  readonly #scratch: string

  private constructor(home: NixHome) {
    this.home = home
    this.#scratch = mkdtempSync(join(tmpdir(), 'skypanel-served-'))
    this.engine = new NixEngine({
      places: home.at,
      buildGroup: home.group,
      registries: home.registries,
      cells: new UnshareCells(home.registries.caBundle),
      enter: home.enter,
    })
  }

  static async open(): Promise<ServedWorld> {
    return new ServedWorld(await openNixHome())
  }

  /** As a push would do it; `name` is the app, whose caches a second push finds again. */
  async push(fixture: Pick<ServedFixture, 'name' | 'folder'>): Promise<Pushed> {
    const { app, source, plan, config } = await this.#ready(fixture)
    return this.#build(app, source, plan, config)
  }

  /** As `push`, and each of its steps without network is run once more and compared. */
  async pushTwice(
    fixture: Pick<ServedFixture, 'name' | 'folder'>,
  ): Promise<Pushed & { readonly compared: readonly Compared[] }> {
    const { app, source, plan, config } = await this.#ready(fixture)
    const compared: Compared[] = []
    const engine: Pick<BuildEngine, 'build'> = {
      build: async (...given) => {
        const { outcome, checks } = await this.engine.buildTwice(...given)
        for (const [step, check] of checks) compared.push({ name: fixture.name, step, ...check })
        return outcome
      },
    }
    return { ...(await this.#build(app, source, plan, config, engine)), compared }
  }

  /** Nothing of it is needed any more. */
  async forget({ name }: Pick<ServedFixture, 'name'>): Promise<void> {
    const app = appOf(name)
    await this.engine.unroot(`${app}-build`)
    await this.engine.forgetApp(app)
  }

  async #ready({ name, folder }: Pick<ServedFixture, 'name' | 'folder'>) {
    const app = appOf(name)
    const source = mkdtempSync(join(this.#scratch, `${app}-`))
    cpSync(folder, join(source, 'app'), { recursive: true })
    const config = existsSync(join(folder, 'config.json'))
      ? (JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as Record<string, string>)
      : {}
    for (const ours of ['expect.json', 'serve.json', 'config.json'])
      rmSync(join(source, 'app', ours), { force: true })
    await fillHosts(join(source, 'app'), this.home.registries)
    await this.#prepare(app, folder, source)
    return { app, source, config, plan: await this.#plan(join(source, 'app'), config) }
  }

  async #plan(folder: string, config: Readonly<Record<string, string>>): Promise<BuildPlan> {
    const planned = await planFolder(folder, {
      builder: 'test',
      config,
      inventories: createInventories(this.home.registries, join(this.#scratch, 'inventory'), process.arch),
      versions: 'exact',
      now: Date.now(),
    })
    if (!planned.ok) throw new Error(`${planned.message} (${planned.hint})`)
    return planned.plan
  }

  async #build(
    app: string,
    source: string,
    plan: BuildPlan,
    env: Record<string, string>,
    engine: Pick<BuildEngine, 'build'> = this.engine,
  ): Promise<Pushed> {
    const begun = performance.now()
    const built = await buildOnce(engine, source, plan, {
      app,
      build: `${app}-build`,
      limits: LIMITS,
      env,
    })
    const ms = Math.round(performance.now() - begun)
    const { outcome } = built
    if (!outcome.ok)
      throw new Error(`${outcome.message}\n${outcome.hint ?? ''}\n${built.lines.slice(-60).join('\n')}`)
    return { ...built, plan, artifact: outcome.artifact, ms }
  }

  async #prepare(app: string, folder: string, source: string): Promise<void> {
    const file = join(folder, 'serve.json')
    const prepare = existsSync(file) ? Serve.parse(JSON.parse(readFileSync(file, 'utf8'))).prepare : undefined
    if (prepare === undefined) return
    const plan = await this.#plan(join(buildpacks, prepare.like.replace('/', '/fixtures/')), {})
    const network = plan.steps.find((step) => step.network)
    const first = network ?? plan.steps[0]
    if (first === undefined) throw new Error(`${prepare.like} has no step to prepare like`)
    const step = {
      ...first,
      name: 'prepare',
      needs: [],
      inputs: { files: ['.'] },
      commands: [...first.commands.filter((command) => command.includes('TrustStore')), ...prepare.commands],
      network: true,
      caches: [],
      outputs: ['.'],
    }
    const release = { ...plan.release, include: [{ step: 'prepare', paths: ['.'] }] }
    const made = await this.#build(
      `${app}-prepare`,
      source,
      { ...plan, steps: [step], caches: {}, release },
      {},
    )
    rmSync(join(source, 'app'), { recursive: true })
    for (const layer of made.artifact.layers)
      cpSync(join(this.home.home, layer, 'app'), join(source, 'app'), { recursive: true })
  }

  /** The answer of its web process. */
  async ask(artifact: BuiltArtifact, serve: Serve): Promise<{ status: number; body: string }> {
    const command = artifact.processTypes['web']
    if (command === undefined) throw new Error('The release has no web process')
    const work = mkdtempSync(join(this.#scratch, 'run-'))
    const argv = [
      ...this.home.enter,
      ...UNSHARE,
      'bash',
      script,
      artifact.stack,
      (artifact.system ?? []).join(':'),
      artifact.image === undefined
        ? artifact.layers.map((layer) => `${layer}/app`).join(':')
        : `image:${artifact.image.uid}:${artifact.image.workdir}:${artifact.image.base ?? ''}`,
      work,
      serve.path,
      String(serve.seconds),
      ...(artifact.image === undefined
        ? ['bash', '-c', `cd /app; ${command}`]
        : imageCommand(
            imageRoots(artifact).map((root) => join(this.home.home, root)),
            // Where init goes by itself; an image without a shell is asked in its root.
            command.startsWith('exec /') ? command : `cd '${artifact.image.workdir}'; ${command}`,
          )),
    ]
    const [file = '', ...args] = argv
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    let output = ''
    let errors = ''
    child.stdout.on('data', (data) => (output += String(data)))
    child.stderr.on('data', (data) => (errors += String(data)))
    child.stdin.end(
      Object.entries(artifact.env)
        .map(([key, value]) => `${key}=${value}\0`)
        .join(''),
    )
    const code = await new Promise<number>((resolve) => child.on('close', (exit) => resolve(exit ?? 1)))
    const status = /^@status (\d+)$/m.exec(output)?.[1]
    if (code !== 0 || status === undefined) throw new Error(`${command}\n${errors}\n${output}`)
    return { status: Number(status), body: output.slice(output.indexOf('@body\n') + 6) }
  }

  async close(): Promise<void> {
    rmSync(this.#scratch, { recursive: true, force: true })
    await this.home.close()
  }
}
