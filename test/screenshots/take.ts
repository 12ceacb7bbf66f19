// Every page on a real platform, at the sizes and in the themes that people have: `npm run screenshots`.
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { CHECKOUT } from '../support/cli.ts'
import { makeAdmin, oneTimeLink, openChromium, panelOrigin, SIZES, Visitor } from '../support/browser.ts'
import { TestPlatform } from '../support/platform.ts'
import { shrink } from './shrink.ts'
import { setScene } from './scene.ts'

const FOLDER = join(CHECKOUT, 'docs', 'screenshots')
const LOOKS = {
  desktop: { ...SIZES.desktop, colorScheme: 'light' },
  dark: { ...SIZES.desktop, colorScheme: 'dark' },
  phone: { ...SIZES.phone, colorScheme: 'light' },
} as const

interface Shot {
  readonly path: string
  /** Brings the page to what is to be seen. */
  readonly ready: (page: Page) => Promise<unknown>
}

await using platform = await TestPlatform.load()
const scene = await setScene(platform)
const shop = `/apps/${scene.shop.name}`
const text = (words: string | RegExp) => (page: Page) =>
  page.locator('main').getByText(words).first().waitFor()
const button = (name: string) => (page: Page) => page.getByRole('button', { name }).first().click()
const then =
  (...steps: ((page: Page) => Promise<unknown>)[]) =>
  async (page: Page) => {
    for (const step of steps) await step(page)
  }
const heading = (name: string) => (page: Page) => page.getByRole('heading', { name }).first().waitFor()

const shots: Readonly<Record<string, Shot>> = {
  apps: { path: '/', ready: text('Maintenance') },
  'create-app': { path: '/', ready: then(button('New app'), (page) => page.getByRole('dialog').waitFor()) },
  'first-push': { path: '/apps/first-steps', ready: text('git push') },
  overview: { path: shop, ready: text('worker.1') },
  activity: { path: `${shop}/activity`, ready: text('Try the new bundler') },
  build: {
    path: `${shop}/activity`,
    ready: then(
      (page) => page.getByRole('link', { name: 'Cache the price list' }).click(),
      button('Open all'),
      text('compiling'),
    ),
  },
  'build-failed': {
    path: `${shop}/activity`,
    ready: then(
      (page) => page.getByRole('link', { name: 'Try the new bundler' }).click(),
      text('Why it was rejected'),
    ),
  },
  releases: { path: `${shop}/releases`, ready: text('Earlier') },
  rollback: {
    path: `${shop}/releases`,
    ready: then(button('Roll back to v1'), heading('Roll back to v1'), (page) =>
      page.getByText('Same process types').waitFor(),
    ),
  },
  config: { path: `${shop}/config`, ready: then(button('Show the value of LOG_LEVEL'), text('info')) },
  'config-edit': {
    path: `${shop}/config`,
    ready: then(
      button('Edit as .env'),
      async (page) => {
        const area = page.getByRole('textbox', { name: 'All config vars' })
        await area.fill(
          (await area.inputValue()).replace('info', 'debug').replace(/^SMTP.*\n/m, 'PRICE_CACHE=60\n'),
        )
      },
      button('See what changes'),
      (page) => page.getByText('PRICE_CACHE=60').waitFor(),
    ),
  },
  logs: { path: `${shop}/logs`, ready: text('GET') },
  settings: { path: `${shop}/settings`, ready: text('shop.example.com') },
  account: { path: '/account', ready: text('This browser') },
}

await rm(FOLDER, { recursive: true, force: true })
await mkdir(FOLDER, { recursive: true })
const browser = await openChromium()
try {
  for (const [look, options] of Object.entries(LOOKS)) {
    await using visitor = await Visitor.open(browser, panelOrigin(platform), options)
    const { page } = visitor
    const take = async (name: string) => {
      // Toasts and dialogs come in with a movement.
      await page.waitForTimeout(400)
      await writeFile(join(FOLDER, `${name}-${look}.png`), await shrink(browser, await page.screenshot()))
    }
    await page.goto('/sign-in')
    await heading('Sign in')(page)
    await take('sign-in')
    await makeAdmin(platform, `welcome-${look}@example.org`)
    await page.goto(await oneTimeLink(platform, `welcome-${look}@example.org`))
    await page.getByLabel('New password').waitFor()
    await take('welcome')
    await button('Later')(page)
    await text('No app yet')(page)
    await take('apps-empty')
    await visitor.enterByLink(await oneTimeLink(platform, platform.facts.email))
    for (const [name, { path, ready }] of Object.entries(shots)) {
      await page.goto(path)
      await ready(page)
      await take(name)
    }
    const faults = await visitor.faults()
    if (faults.length > 0) throw new Error(`the pages did what they should not: ${faults.join('; ')}`)
  }
  console.log(`${(await readdir(FOLDER)).length} pictures in docs/screenshots`)
} finally {
  await browser.close()
  await scene.remove()
}
