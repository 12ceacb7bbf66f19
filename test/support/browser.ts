/// <reference lib="dom" />
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import axe from 'axe-core'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { z } from 'zod'
import type { TestPlatform } from './platform.ts'

const run = promisify(execFile)

export const SIZES = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 },
} as const
export type Size = keyof typeof SIZES

/** Debian's Chromium. The tests are root's, whom its own sandbox refuses; the pages in it are ours. */
export const openChromium = (flags: readonly string[] = []): Promise<Browser> =>
  chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', ...flags] })

interface WatchedWindow {
  readonly policyReports?: string[]
}

/** A browser of one person, which takes note of whatever a page should never do. */
export class Visitor implements AsyncDisposable {
  readonly context: BrowserContext
  readonly page: Page
  readonly origin: string
  readonly #faults: string[] = []

  private constructor(context: BrowserContext, page: Page, origin: string) {
    this.context = context
    this.page = page
    this.origin = origin
  }

  static async open(
    browser: Browser,
    origin: string,
    options: NonNullable<Parameters<Browser['newContext']>[0]> = SIZES.desktop,
  ): Promise<Visitor> {
    const context = await browser.newContext({ baseURL: origin, locale: 'en-GB', ...options })
    context.setDefaultTimeout(20_000)
    await context.addInitScript(() => {
      const reports: string[] = []
      Object.assign(window, { policyReports: reports })
      document.addEventListener('securitypolicyviolation', (event) =>
        reports.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`),
      )
    })
    const visitor = new Visitor(context, await context.newPage(), origin)
    const { page } = visitor
    page.on('pageerror', (error) => visitor.#faults.push(`error: ${error.message}`))
    page.on('console', (message) => {
      // An answer of 401 or 404 is no fault of a page; the browser tells of it all the same.
      if (message.type() === 'error' && !/Failed to load resource|WebSocket connection/.test(message.text()))
        visitor.#faults.push(`console: ${message.text()}`)
    })
    page.on('dialog', (dialog) => {
      visitor.#faults.push(`dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    return visitor
  }

  /** Signs in by a one-time link, without setting a password. */
  async enterByLink(link: string): Promise<void> {
    await this.page.goto(link)
    await this.page.getByRole('button', { name: 'Later' }).click()
    await this.page.getByRole('heading', { name: 'Apps', level: 1 }).waitFor()
  }

  async signIn(email: string, password: string): Promise<void> {
    const { page } = this
    await page.goto('/')
    await page.getByLabel('E-mail address').fill(email)
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Apps', level: 1 }).waitFor()
  }

  /** Scripts that ran and should not have, errors, and what the content security policy had to stop. */
  async faults(): Promise<string[]> {
    const reports = await this.page.evaluate(() => (window as WatchedWindow).policyReports ?? [])
    return [...this.#faults, ...reports.map((report) => `policy: ${report}`)]
  }

  /** What axe finds serious, as `rule: element`. */
  async violations(): Promise<string[]> {
    await this.page.evaluate(axe.source)
    const found = await this.page.evaluate(async () => {
      const { violations } = await (window as unknown as { axe: typeof axe }).axe.run(document, {
        resultTypes: ['violations'],
      })
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .flatMap(({ id, nodes }) =>
          nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
        )
    })
    return found
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close()
  }
}

const Installation = z.object({ id: z.string() })
const LinkReply = z.object({ code: z.string() })
const AdminReply = z.object({ token: z.string() })

/** Runs the installed server's own verbs, as setup does: as its user. */
async function serverVerb(platform: TestPlatform, ...argv: string[]): Promise<unknown> {
  const { home } = platform.facts
  const { id } = Installation.parse(JSON.parse(await readFile(join(home, 'installation.json'), 'utf8')))
  const user = `skypanel-${id}`
  const current = join(home, 'versions', 'current')
  const { stdout } = await run(
    'setpriv',
    [
      `--reuid=${user}`,
      `--regid=${user}`,
      '--init-groups',
      join(current, 'bin', 'node'),
      join(current, 'server', 'main.mjs'),
      ...argv,
      '--home',
      home,
    ],
    { cwd: '/' },
  )
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
}

/** An admin of its own, so that a password that is set revokes nobody else's token; with its token. */
export async function makeAdmin(platform: TestPlatform, email: string): Promise<string> {
  return AdminReply.parse(await serverVerb(platform, 'admin', '--email', email)).token
}

/** The address that opens the dashboard once, as `npm start -- --admin-link` prints it. */
export async function oneTimeLink(platform: TestPlatform, email: string): Promise<string> {
  const { code } = LinkReply.parse(await serverVerb(platform, 'admin-link', '--email', email))
  return `${panelOrigin(platform)}/welcome#${code}`
}

export const panelOrigin = (platform: TestPlatform): string => new URL(platform.facts.api).origin
