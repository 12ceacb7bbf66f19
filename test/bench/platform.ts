import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { z } from 'zod'

const run = promisify(execFile)

const Facts = z.object({
  api: z.string(),
  git: z.string(),
  routerHttp: z.string(),
  tokenFile: z.string(),
  home: z.string(),
})

/** The platform that the runner started for us, driven as a client would. */
export class Platform {
  readonly facts: z.infer<typeof Facts>
  readonly #token: string

  private constructor(facts: z.infer<typeof Facts>, token: string) {
    this.facts = facts
    this.#token = token
  }

  /** With a token of its own, as the number of calls is limited for each. */
  static async load(): Promise<Platform> {
    const file = process.env['SKYPANEL_TEST_PLATFORM']
    if (file === undefined) throw new Error('SKYPANEL_TEST_PLATFORM names no platform; run: npm run bench')
    const facts = Facts.parse(JSON.parse(readFileSync(file, 'utf8')))
    const admin = new Platform(facts, readFileSync(facts.tokenFile, 'utf8').trim())
    const { token } = await admin.api<{ token: string }>('POST', '/account/tokens', {
      label: 'bench',
      expires_in: 3600,
    })
    return new Platform(facts, token)
  }

  async api<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.facts.api}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }

  get headers(): Record<string, string> {
    return { authorization: `Bearer ${this.#token}` }
  }

  async createApp(): Promise<{ name: string; git_url: string; host: string }> {
    const app = await this.api<{ name: string; git_url: string; web_url: string }>('POST', '/apps', {})
    return { name: app.name, git_url: app.git_url, host: new URL(app.web_url).host }
  }

  async destroyApp(name: string): Promise<void> {
    await this.api('DELETE', `/apps/${name}?confirm=${name}`)
  }

  /** The token travels in git's configuration through the environment: neither argv nor URL show it. */
  async push(folder: string, url: string): Promise<string> {
    const credentials = Buffer.from(`token:${this.#token}`).toString('base64')
    const { stderr } = await run('git', ['-C', folder, 'push', '-q', url, 'HEAD:main'], {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: '/nonexistent',
        GIT_TERMINAL_PROMPT: '0',
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'http.extraHeader',
        GIT_CONFIG_VALUE_0: `Authorization: Basic ${credentials}`,
      },
      maxBuffer: 64 << 20,
    })
    return stderr
  }
}
