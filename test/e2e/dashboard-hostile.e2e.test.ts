import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeAdmin, oneTimeLink, openChromium, panelOrigin, SIZES, Visitor } from '../support/browser.ts'
import { CuttableWire } from '../support/cuttable-wire.ts'
import { type TestApp, TestPlatform, until } from '../support/platform.ts'

const PAYLOADS = [
  '<img src=x onerror=alert(1)>',
  '<script>alert(2)</script>',
  '"><svg onload=alert(3)>',
  'javascript:alert(4)',
  '\u001b]8;;javascript:alert(5)\u0007link\u001b]8;;\u0007',
  '{{constructor.constructor("alert(6)")()}}',
]
const ALL = PAYLOADS.join(' ')
const LINES = 3000

let platform: TestPlatform
let browser: Browser
let app: TestApp
let me: Visitor

/** An app of the platform's own admin whose every text is an attack: code, commit, build output, log, config. */
beforeAll(async () => {
  platform = await TestPlatform.load()
  browser = await openChromium()
  app = await platform.app('node-build')
  const script = [
    `for (const text of ${JSON.stringify(PAYLOADS)}) console.log(text)`,
    `for (let n = 1; n <= ${LINES}; n++) console.log('line ' + n + ' \\u001b[31mred\\u001b[0m')`,
    `let ticks = 0\nconst me = Math.random().toString(36)\nsetInterval(() => console.log('tick ' + me + ' ' + ++ticks), 300)`,
    `require('node:http').createServer((_, answer) => answer.end('ok')).listen(process.env.PORT)`,
  ].join('\n')
  await app.put({
    'server.cjs': script,
    Procfile: 'web: node server.cjs\n',
    'build.cjs': `for (const text of ${JSON.stringify(PAYLOADS)}) console.log(text)\nrequire('node:fs').mkdirSync('dist', { recursive: true })\n`,
    'package.json': JSON.stringify({
      name: 'hostile',
      version: '1.0.0',
      private: true,
      scripts: { build: 'node build.cjs' },
    }),
    'package-lock.json': JSON.stringify({
      name: 'hostile',
      version: '1.0.0',
      lockfileVersion: 3,
      packages: { '': { name: 'hostile', version: '1.0.0' } },
    }),
  })
  await app.commit(ALL.replaceAll('\u001b', '').replaceAll('\u0007', ''))
  await app.deploy()
  const { code, stderr } = await app.run(['config:set', `PAYLOAD=${PAYLOADS[0]}`, `OTHER=${PAYLOADS[2]}`])
  if (code !== 0) throw new Error(stderr)
  me = await Visitor.open(browser, panelOrigin(platform))
  await me.enterByLink(await oneTimeLink(platform, platform.facts.email))
}, 300_000)

afterAll(async () => {
  await me?.[Symbol.asyncDispose]()
  await browser?.close()
  await app?.forget()
  await platform?.[Symbol.asyncDispose]()
})

/** What each instance counted, as far as the page shows it. */
const ticksOn = async (page: Page): Promise<{ instance: string; count: number }[]> =>
  (await page.locator('.log-text').allTextContents()).flatMap((text) => {
    const [, instance = '', count] = /^tick (\S+) (\d+)$/.exec(text) ?? []
    return count === undefined ? [] : [{ instance, count: Number(count) }]
  })

/** Every page of an app, with something on it that is there once the page is. */
const pages = () =>
  ({
    apps: ['/', app.name],
    overview: [`/apps/${app.name}`, 'Ready'],
    activity: [`/apps/${app.name}/activity`, '<img src=x'],
    releases: [`/apps/${app.name}/releases`, 'Live'],
    config: [`/apps/${app.name}/config`, 'PAYLOAD'],
    logs: [`/apps/${app.name}/logs`, 'tick '],
    settings: [`/apps/${app.name}/settings`, 'Deploy branch'],
    account: ['/account', 'This browser'],
  }) as const

describe('what apps and people write', () => {
  it('is shown as it is and never run, on any page', async () => {
    const { page } = me
    for (const [path, there] of Object.values(pages())) {
      await page.goto(path)
      await page.locator('main').getByText(there).first().waitFor()
    }
    await page.goto(`/apps/${app.name}/activity`)
    await page
      .getByRole('link', { name: /<img src=x/ })
      .first()
      .click()
    await page.getByRole('button', { name: 'Open all' }).click()
    await page.locator('.stage-line').getByText('<script>alert(2)</script>').first().waitFor()
    await page.goto(`/apps/${app.name}/config`)
    await page.getByRole('button', { name: 'Show values' }).click()
    await page.getByText('<img src=x onerror=alert(1)>').waitFor()
    await page.goto(`/apps/${app.name}/logs`)
    await page.getByLabel('Filter lines').fill('alert(')
    await page.locator('.log-row').getByText('<script>alert(2)</script>').first().waitFor()
    expect(await page.locator('a[href^="javascript"]').count()).toBe(0)
    expect(await me.faults()).toEqual([])
  })

  it('does not lead anybody away after signing in', async () => {
    await using other = await Visitor.open(browser, panelOrigin(platform))
    for (const next of ['//example.org/', '/\\example.org', 'https://example.org/', 'javascript:alert(7)']) {
      await other.page.goto(`/sign-in?${new URLSearchParams({ next }).toString()}`)
      await other.page.getByLabel('E-mail address').fill('nobody@example.org')
    }
    await makeAdmin(platform, 'led@example.org')
    await other.enterByLink(await oneTimeLink(platform, 'led@example.org'))
    expect(new URL(other.page.url()).origin).toBe(panelOrigin(platform))
    expect(await other.faults()).toEqual([])
  })

  it('cannot be framed, and is served with a policy that lets no inline script or style through', async () => {
    const answer = await fetch(panelOrigin(platform), { headers: { accept: 'text/html' } })
    const policy = answer.headers.get('content-security-policy') ?? ''
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).toContain("object-src 'none'")
    expect(policy).not.toContain('unsafe-inline')
    expect(policy).not.toContain('unsafe-eval')
  })
})

describe('every page', () => {
  it.each([
    ['light', 'desktop'],
    ['dark', 'desktop'],
    ['light', 'phone'],
    ['dark', 'phone'],
  ] as const)('has nothing that axe calls serious: %s, %s', async (colorScheme, size) => {
    await using visitor = await Visitor.open(browser, panelOrigin(platform), { ...SIZES[size], colorScheme })
    await visitor.page.goto('/sign-in')
    await visitor.page.getByRole('heading', { name: 'Sign in' }).waitFor()
    const found: string[] = (await visitor.violations()).map((text) => `sign-in: ${text}`)
    await visitor.context.addCookies(await me.context.cookies())
    for (const [name, [path, there]] of Object.entries(pages())) {
      await visitor.page.goto(path)
      await visitor.page.locator('main').getByText(there).first().waitFor()
      found.push(...(await visitor.violations()).map((text) => `${name}: ${text}`))
      // Wider than the screen: people on phones would have to push pages about.
      const over = await visitor.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      if (over > 0) found.push(`${name}: ${over} pixels too wide`)
    }
    await visitor.page.goto('/')
    await visitor.page.getByRole('button', { name: 'New app' }).click()
    await visitor.page.getByRole('dialog').waitFor()
    await visitor.page.waitForTimeout(300)
    found.push(...(await visitor.violations()).map((text) => `dialog: ${text}`))
    expect(found).toEqual([])
  })

  it('is reached and left by keyboard alone', async () => {
    const { page } = me
    await page.goto('/')
    await page.getByLabel('Find an app').waitFor()
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content')
    await page.keyboard.press('/')
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Find an app')
    await page.getByRole('button', { name: 'New app' }).focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.waitFor()
    // Past its last element the focus comes back by way of a guard beside the dialog.
    const keepsFocus = () =>
      until(
        'the focus inside of the dialog',
        () => dialog.evaluate((element) => element.contains(document.activeElement)),
        (inside) => inside,
      )
    await keepsFocus()
    for (let press = 0; press < 8; press += 1) {
      await page.keyboard.press('Tab')
      await keepsFocus()
    }
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    await until(
      'the focus back where it was',
      () => page.evaluate(() => document.activeElement?.textContent ?? ''),
      (text) => text.includes('New app'),
    )
  })
})

describe('a page that is cut off', () => {
  it('says so, loses and doubles no line, and shows what changed meanwhile, without a reload', async () => {
    const panel = new URL(panelOrigin(platform))
    await using wire = await CuttableWire.to(Number(panel.port))
    const own = await openChromium([`--host-resolver-rules=MAP localhost 127.0.0.1:${wire.port}`])
    try {
      // So tall that every line since the beginning is in sight, for only those are drawn.
      await using visitor = await Visitor.open(own, panel.origin, {
        viewport: { width: 1280, height: 15_000 },
      })
      const { page } = visitor
      await visitor.enterByLink(await oneTimeLink(platform, platform.facts.email))
      await page.goto(`/apps/${app.name}/logs`)
      await page
        .getByText(/tick \d+/)
        .last()
        .waitFor()
      const loaded = await page.evaluate(() => performance.timeOrigin)
      wire.cut()
      await page.getByText('Not connected.').waitFor()
      await app.run(['scale', 'web=2'])
      wire.mend()
      await page.getByText('Not connected.').waitFor({ state: 'detached' })
      await page.getByLabel('Filter lines').fill('tick')
      await page.getByText('Looking through older lines').waitFor({ state: 'detached' })
      const newest = async () => Math.max(0, ...(await ticksOn(page)).map(({ count }) => count))
      const before = await newest()
      await until('more ticks after the cut', newest, (count) => count > before + 10)
      const all = await ticksOn(page)
      const runs = new Map(
        [...new Set(all.map(({ instance }) => instance))].map((name) => [
          name,
          all.filter(({ instance }) => instance === name),
        ]),
      )
      for (const [instance, ticks] of runs) {
        const [first] = ticks
        const expected = ticks.map((_, at) => (first?.count ?? 0) + at)
        expect({ instance, ticks: ticks.map(({ count }) => count) }).toEqual({ instance, ticks: expected })
      }
      await page.getByRole('link', { name: 'Overview' }).click()
      await until(
        'both instances',
        () => page.locator('.instance-name').count(),
        (count) => count === 2,
      )
      expect(await page.evaluate(() => performance.timeOrigin)).toBe(loaded)
    } finally {
      await own.close()
    }
  })
})
