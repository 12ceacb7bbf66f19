import { mkdtemp, cp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  makeAdmin,
  oneTimeLink,
  openChromium,
  panelOrigin,
  type Size,
  SIZES,
  Visitor,
} from '../support/browser.ts'
import { CHECKOUT } from '../support/cli.ts'
import { TestPlatform, until } from '../support/platform.ts'

const PASSWORD = 'a long sentence beats a riddle'
/** Accounts stay when a test is over; a second run on the same platform makes others. */
const RUN = Date.now().toString(36)
let platform: TestPlatform
let browser: Browser

beforeAll(async () => {
  platform = await TestPlatform.load()
  browser = await openChromium()
})

afterAll(async () => {
  await browser?.close()
  await platform?.[Symbol.asyncDispose]()
})

/** The whole of the main job by its faces alone: a browser, and git in a terminal. */
describe.each(Object.keys(SIZES) as Size[])('the dashboard at the size of a %s', (size) => {
  const email = `first-${size}-${RUN}@example.org`
  const app = `story-${size}`
  let me: Visitor
  let folder: string
  let token: string
  const host = () => `${app}.skypanel.localhost`
  const git = async (...args: string[]) => {
    const done = await platform.cli.git(args, { cwd: folder })
    if (done.code !== 0) throw new Error(`git ${args.join(' ')} ended with ${done.code}: ${done.stderr}`)
  }
  const tab = (name: string) =>
    me.page.getByRole('navigation', { name: `Pages of ${app}` }).getByRole('link', { name })
  const text = async (path: string) => (await platform.fetch(host(), { path })).text

  beforeAll(async () => {
    await makeAdmin(platform, email)
    folder = await mkdtemp(join(tmpdir(), 'skypanel-story-'))
    me = await Visitor.open(browser, panelOrigin(platform), SIZES[size])
  })

  afterAll(async () => {
    await me?.[Symbol.asyncDispose]()
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  })

  it('lets the first admin in by a link that works once, and takes a password', async () => {
    const { page } = me
    const link = await oneTimeLink(platform, email)
    await page.goto(link)
    await page.getByLabel('New password').fill(PASSWORD)
    expect(page.url()).toBe(`${panelOrigin(platform)}/welcome`)
    await page.getByRole('button', { name: 'Set password and go on' }).click()
    await page.getByText('No app yet').waitFor()
    await using other = await Visitor.open(browser, panelOrigin(platform))
    await other.page.goto(link)
    await other.page.getByRole('alert').waitFor()
    await other.page.getByRole('link', { name: 'Sign in with a password' }).click()
    await other.signIn(email, PASSWORD)
    const cookies = await me.context.cookies()
    expect(cookies).toMatchObject([{ name: 'skypanel_session', httpOnly: true, sameSite: 'Strict' }])
    expect(await page.evaluate(() => JSON.stringify([localStorage, sessionStorage]))).not.toMatch(
      /skl_|skp_|skt_|sks_/,
    )
  })

  it('makes a token and shows it this once', async () => {
    const { page } = me
    await page.goto('/account')
    await page.getByRole('button', { name: 'Make a token' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('What for').fill('my laptop')
    await dialog.getByRole('button', { name: 'Make a token' }).click()
    await dialog.getByText('Copy it now').waitFor()
    token = (await dialog.locator('code').textContent()) ?? ''
    expect(token.length).toBeGreaterThan(20)
    await dialog.getByRole('button', { name: 'Done' }).click()
    await page.getByText('my laptop', { exact: true }).waitFor()
    expect(await page.content()).not.toContain(token)
  })

  it('makes an app and gives the commands, filled in', async () => {
    const { page } = me
    await page.goto('/')
    await page.getByRole('button', { name: 'New app' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('<script>')
    await dialog.getByRole('button', { name: 'Create app' }).click()
    await dialog.getByRole('alert').waitFor()
    await dialog.getByLabel('Name').fill(app)
    await dialog.getByRole('button', { name: 'Create app' }).click()
    await dialog.getByText(`git remote add skypanel ${panelOrigin(platform)}/git/${app}.git`).waitFor()
    await dialog.getByRole('button', { name: 'Go to the app' }).click()
    await page.getByText('Waiting for the first push').waitFor()
    await page.locator('main').getByText('No release yet').first().waitFor()
  })

  it('shows a push as it is built, without a reload, and then the app is there', async () => {
    const { page } = me
    await cp(join(CHECKOUT, 'test', 'apps', 'express'), folder, { recursive: true })
    await git('init', '-q', '-b', 'main')
    await git('add', '-A')
    await git('commit', '-q', '-m', 'The first version')
    const remote = new URL(`${panelOrigin(platform)}/git/${app}.git`)
    remote.username = 'me'
    remote.password = token
    await git('remote', 'add', 'skypanel', remote.href)
    const loaded = await page.evaluate(() => performance.timeOrigin)
    const push = git('push', 'skypanel', 'main')
    await page.getByText('A push is being built.').waitFor()
    await page.getByRole('link', { name: 'Watch the build' }).click()
    await page.getByRole('heading', { name: 'The first version' }).waitFor()
    await page.getByRole('button', { name: /Node\.js app detected/ }).waitFor()
    await page.getByText('Building', { exact: true }).first().waitFor()
    await push
    await page.locator('main').getByText('Live', { exact: true }).first().waitFor()
    await page.getByRole('button', { name: /Discovering process types/ }).click()
    await page.getByText('Procfile declares types').waitFor()
    await tab('Overview').click()
    await page.locator('.instance-name').first().waitFor()
    await page.getByText('Ready', { exact: true }).waitFor()
    expect(await page.evaluate(() => performance.timeOrigin)).toBe(loaded)
    expect(await text('/version')).toBe('one')
  })

  it('changes a variable, which stays hidden until it is asked for', async () => {
    const { page } = me
    await tab('Config vars').click()
    await page.getByRole('button', { name: 'Add variable' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('COLOUR')
    await dialog.getByLabel('Value').fill('light blue')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByText('COLOUR', { exact: true }).waitFor()
    expect(await page.locator('main').textContent()).not.toContain('light blue')
    await page.getByRole('button', { name: 'Show the value of COLOUR' }).click()
    await page.getByText('light blue', { exact: true }).waitFor()
    await until(
      'the new value',
      () => text('/config/COLOUR'),
      (answer) => answer === 'light blue',
    )
  })

  it('edits all variables as one text, and shows the difference first', async () => {
    const { page } = me
    await page.getByRole('button', { name: 'Edit as .env' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('All config vars').fill('COLOUR=red\nSIZE="two words"\n')
    await dialog.getByRole('button', { name: 'See what changes' }).click()
    await dialog.getByText('COLOUR=light blue → red').waitFor()
    await dialog.getByText('SIZE=two words').waitFor()
    await dialog.getByRole('button', { name: 'Save 2 changes' }).click()
    await page.getByText('SIZE', { exact: true }).waitFor()
    await until(
      'the new values',
      () => text('/config/SIZE'),
      (answer) => answer === 'two words',
    )
  })

  it('scales, and shows each instance', async () => {
    const { page } = me
    await tab('Overview').click()
    await page.getByRole('button', { name: 'One more web' }).click()
    await until(
      'two ready instances',
      () => page.getByText('Ready', { exact: true }).count(),
      (count) => count === 2,
    )
  })

  it('follows the log, with a filter by text and process', async () => {
    const { page } = me
    await tab('Logs').click()
    await page
      .getByText(/listening on/)
      .first()
      .waitFor()
    await text('/say/before')
    await page.getByText('somebody said before').waitFor()
    await page.getByLabel('Filter lines').fill('SAID')
    await page
      .getByText(/listening on/)
      .first()
      .waitFor({ state: 'detached' })
    await text('/say/during')
    await page.getByText('somebody said during').waitFor()
    await page.getByLabel('Process').selectOption('web')
    await page.getByText('somebody said during').waitFor()
  })

  it('rolls back after it said what will change', async () => {
    const { page } = me
    await writeFile(join(folder, 'version.txt'), 'two\n')
    await git('commit', '-q', '-am', 'The second version')
    await git('push', '-q', 'skypanel', 'main')
    expect(await text('/version')).toBe('two')
    await tab('Releases').click()
    await page.getByRole('button', { name: 'Roll back to v1' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('COLOUR').waitFor()
    await dialog.getByText('SIZE').waitFor()
    await dialog.getByRole('button', { name: 'Roll back to v1' }).click()
    await page.getByText('Rollback to v1').first().waitFor()
    await until(
      'the first version',
      () => text('/version'),
      (answer) => answer === 'one',
    )
    await until(
      'the variables of then',
      () => text('/config/COLOUR'),
      (answer) => answer === '',
    )
  })

  it('is nobody else’s: a second account sees nothing of it', async () => {
    const second = `second-${size}-${RUN}@example.org`
    const { code, stderr } = await platform.cli.run(['accounts:create', second, '--password-stdin'], {
      input: `${PASSWORD}\n`,
    })
    expect({ code, stderr }).toMatchObject({ code: 0 })
    await using other = await Visitor.open(browser, panelOrigin(platform), SIZES[size])
    await other.signIn(second, PASSWORD)
    await other.page.getByText('No app yet').waitFor()
    expect(await other.page.content()).not.toContain(app)
    for (const path of ['', '/activity', '/releases', '/config', '/logs', '/settings']) {
      await other.page.goto(`/apps/${app}${path}`)
      await other.page.getByRole('heading', { name: 'There is no such page' }).waitFor()
    }
    expect(await other.faults()).toEqual([])
  })

  it('deletes the app once its name is typed', async () => {
    const { page } = me
    await tab('Settings').click()
    await page.getByRole('button', { name: 'Delete app' }).click()
    const dialog = page.getByRole('dialog')
    const sure = dialog.getByRole('button', { name: 'Delete app' })
    await dialog.getByLabel(`Type ${app} to confirm`).fill('something else')
    expect(await sure.isDisabled()).toBe(true)
    await dialog.getByLabel(`Type ${app} to confirm`).fill(app)
    await sure.click()
    await page.getByRole('heading', { name: 'Apps', level: 1 }).waitFor()
    await page.getByText('No app yet').waitFor()
  })

  it('signs a browser out from afar, and that one is at the sign-in page at once', async () => {
    await using other = await Visitor.open(browser, panelOrigin(platform), SIZES[size])
    await other.signIn(email, PASSWORD)
    const { page } = me
    await page.goto('/account')
    const rows = page.getByRole('table', { name: 'Browsers' }).getByRole('button')
    await rows.first().waitFor()
    while ((await rows.count()) > 0) {
      const before = await rows.count()
      await rows.first().click()
      await until(
        'one browser fewer',
        () => rows.count(),
        (count) => count < before,
      )
    }
    await other.page.getByRole('heading', { name: 'Sign in' }).waitFor()
  })

  it('did nothing of all this that the content security policy had to stop', async () => {
    expect(await me.faults()).toEqual([])
  })
})
