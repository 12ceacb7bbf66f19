import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { z } from 'zod'
import { Release } from '../../server/contract/releases.ts'
import { CHECKOUT, CliBench, type Done, type RunOptions } from './cli.ts'

const Facts = z.object({
  api: z.url(),
  git: z.url(),
  routerHttp: z.url(),
  routerHttps: z.url(),
  ca: z.string().nullable(),
  email: z.string(),
  tokenFile: z.string(),
  home: z.string(),
})

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

export interface Ask {
  readonly path?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** The platform that the runner started for these tests, used as people use it: by git, the command line and HTTP. */
export class TestPlatform implements AsyncDisposable {
  readonly facts: z.infer<typeof Facts>
  /** Logged in as the administrator, with a home folder of its own. */
  readonly cli: CliBench
  readonly #apps: string[] = []

  private constructor(facts: z.infer<typeof Facts>, cli: CliBench) {
    this.facts = facts
    this.cli = cli
  }

  static async load(): Promise<TestPlatform> {
    const file = process.env['SKYPANEL_TEST_PLATFORM']
    if (file === undefined)
      throw new Error('SKYPANEL_TEST_PLATFORM names no platform. Type: npm run test:e2e')
    const facts = Facts.parse(JSON.parse(await readFile(file, 'utf8')))
    const cli = new CliBench(join(CHECKOUT, 'cli', 'skypanel.cjs'), {
      SKYPANEL_HOST: new URL(facts.api).origin,
    })
    const done = await cli.run(['login', '--token-stdin'], { input: await readFile(facts.tokenFile, 'utf8') })
    if (done.code !== 0) throw new Error(`login failed: ${done.stderr}`)
    return new TestPlatform(facts, cli)
  }

  /** A request to the router for whatever host name. Rejects when the connection breaks. */
  fetch(host: string, ask: Ask = {}): Promise<Answer> {
    const { hostname, port } = new URL(this.facts.routerHttp)
    const address = hostname.endsWith('localhost') ? '127.0.0.1' : hostname
    return new Promise((resolve, reject) => {
      const asking = request(
        {
          host: address,
          port,
          path: ask.path ?? '/',
          method: ask.method ?? 'GET',
          headers: { ...ask.headers, host },
          agent: false,
          timeout: 60_000,
        },
        (response) => {
          let text = ''
          response.setEncoding('utf8').on('data', (more: string) => (text += more))
          response.on('error', reject)
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
          )
        },
      )
      asking.on('timeout', () => asking.destroy(new Error(`${host} did not answer within a minute`)))
      asking.on('error', reject)
      asking.end(ask.body)
    })
  }

  /** Makes an app out of a sample (or an empty folder), in a git repository with one commit; a name is made up unless given. */
  async app(sample: string | null, name: string | null = null): Promise<TestApp> {
    const folder = await mkdtemp(join(tmpdir(), 'skypanel-app-'))
    if (sample !== null) await cp(join(CHECKOUT, 'test', 'apps', sample), folder, { recursive: true })
    await this.cli.git(['init', '-q', '-b', 'main'], { cwd: folder })
    const done = await this.cli.run(['create', ...(name === null ? [] : [name]), '--json'], { cwd: folder })
    if (done.code !== 0) throw new Error(`create failed: ${done.stderr}`)
    const made = z
      .object({ name: z.string(), git_url: z.string(), web_url: z.string() })
      .parse(JSON.parse(done.stdout))
    this.#apps.push(made.name)
    const app = new TestApp(this, folder, made)
    if (sample !== null) await app.commit('first')
    return app
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const failed: string[] = []
    for (const name of this.#apps) {
      const { code, stderr } = await this.cli.run(['destroy', name, '--confirm', name])
      if (code !== 0 && !stderr.includes('skypanel apps')) failed.push(stderr)
    }
    this.cli[Symbol.dispose]()
    if (failed.length > 0) throw new Error(`apps were left: ${failed.join('')}`)
  }
}

export class TestApp {
  readonly name: string
  readonly gitUrl: string
  readonly host: string
  readonly folder: string
  readonly platform: TestPlatform

  constructor(
    platform: TestPlatform,
    folder: string,
    made: { name: string; git_url: string; web_url: string },
  ) {
    this.platform = platform
    this.folder = folder
    this.name = made.name
    this.gitUrl = made.git_url
    this.host = new URL(made.web_url).host
  }

  /** The command line in the app's folder, where the git remote names the app. */
  run(args: readonly string[], options: RunOptions = {}): Promise<Done> {
    return this.platform.cli.run(args, { cwd: this.folder, ...options })
  }

  git(...args: string[]): Promise<Done> {
    return this.platform.cli.git(args, { cwd: this.folder })
  }

  /** Puts another sample's files over this app's. */
  async become(sample: string): Promise<void> {
    await this.git('rm', '-rqf', '--ignore-unmatch', '.')
    await cp(join(CHECKOUT, 'test', 'apps', sample), this.folder, { recursive: true })
    await this.commit(`become ${sample}`)
  }

  /** Files that the next commit takes along. */
  async put(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [file, content] of Object.entries(files)) await writeFile(join(this.folder, file), content)
  }

  async write(file: string, content: string | Uint8Array, message = `change ${file}`): Promise<void> {
    await writeFile(join(this.folder, file), content)
    await this.commit(message)
  }

  async commit(message: string): Promise<void> {
    await this.git('add', '-A')
    const { code, stderr, stdout } = await this.git('commit', '-q', '--allow-empty', '-m', message)
    if (code !== 0) throw new Error(`git commit failed: ${stdout}${stderr}`)
  }

  /** Everything that the pusher sees is in `stderr`. */
  push(refspec = 'main'): Promise<Done> {
    return this.git('push', 'skypanel', refspec)
  }

  /** A push that has to succeed; what went wrong is told by what the pusher saw. */
  async deploy(): Promise<string> {
    const { code, stderr } = await this.push()
    if (code !== 0) throw new Error(`git push ended with ${code}:\n${stderr}`)
    return stderr
  }

  fetch(ask: Ask | string = '/'): Promise<Answer> {
    return this.platform.fetch(this.host, typeof ask === 'string' ? { path: ask } : ask)
  }

  async text(path: string): Promise<string> {
    const { status, text } = await this.fetch(path)
    return status === 200 ? text : `${status}: ${text}`
  }

  socket(path: string): WebSocket {
    const { port } = new URL(this.platform.facts.routerHttp)
    return new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers: { host: this.host } })
  }

  async json<T>(schema: z.ZodType<T>, ...args: string[]): Promise<T> {
    const { code, stdout, stderr } = await this.run([...args, '--json'])
    if (code !== 0) throw new Error(`skypanel ${args.join(' ')} ended with ${code}: ${stderr}`)
    return schema.parse(JSON.parse(stdout))
  }

  releases(): Promise<Release[]> {
    return this.json(z.array(Release), 'releases')
  }

  /** The number of the release that serves. */
  async live(): Promise<number | undefined> {
    return (await this.releases()).find(({ state }) => state === 'live')?.version
  }

  async forget(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** Asks until the answer is right; fails with the last one. For what follows a command in its own time. */
export async function until<T>(
  what: string,
  ask: () => Promise<T>,
  right: (answer: T) => boolean,
): Promise<T> {
  const deadline = Date.now() + 60_000
  for (;;) {
    const answer = await ask()
    if (right(answer)) return answer
    if (Date.now() > deadline)
      throw new Error(`${what} did not come about; the last answer was ${JSON.stringify(answer)}`)
    await sleep(200)
  }
}

/** Asks again and again while `work` runs; every answer that is not 200 and every broken connection is returned. */
export async function failuresDuring(
  ask: () => Promise<Answer>,
  work: () => Promise<unknown>,
): Promise<string[]> {
  const failures: string[] = []
  let working = true
  const asking = (async () => {
    while (working) {
      try {
        const { status, text } = await ask()
        if (status !== 200) failures.push(`${status} ${text.slice(0, 80)}`)
      } catch (error) {
        failures.push(String(error))
      }
      await sleep(20)
    }
  })()
  try {
    await work()
  } finally {
    working = false
    await asking
  }
  return failures
}
