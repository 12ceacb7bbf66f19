import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ActionRunner, commandsOf } from '../support/action-runner.ts'
import { CHECKOUT } from '../support/cli.ts'
import { TestPlatform, type TestApp, until } from '../support/platform.ts'

let platform: TestPlatform
let runner: ActionRunner
beforeAll(async () => {
  platform = await TestPlatform.load()
  runner = await ActionRunner.load(platform)
})
afterAll(async () => {
  runner[Symbol.dispose]()
  await platform[Symbol.asyncDispose]()
})

const head = async (app: TestApp) => (await app.git('rev-parse', 'HEAD')).stdout.trim()

/** As actions/checkout leaves it: the newest commit alone, no branch. */
async function shallowCheckout(app: TestApp, depth = 1): Promise<string> {
  const folder = join(runner.folder, `checkout-${Math.random().toString(36).slice(2)}`)
  const cloned = await platform.cli.git(
    ['clone', '-q', '--depth', String(depth), `file://${app.folder}`, folder],
    {},
  )
  expect(cloned).toMatchObject({ code: 0 })
  await platform.cli.git(['-C', folder, 'checkout', '-q', '--detach'], {})
  return folder
}

describe('the action on a checkout with its history', () => {
  let app: TestApp
  beforeAll(async () => {
    app = await platform.app('express')
  })
  afterAll(() => app.forget())

  it('deploys the commit, shows the build by stages, tells outputs and a summary', async () => {
    const { code, log, stderr, outputs, summary } = await runner.run(
      app.folder,
      runner.inputs(app.name, { 'healthcheck-path': '/version' }),
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const commit = await head(app)
    expect(outputs).toEqual({
      release: String(await app.live()),
      url: expect.stringMatching(new RegExp(`^http://${app.host}/?$`)),
      commit,
    })
    expect(await app.text('/version')).toBe('one')
    const commands = commandsOf(log)
    expect(commands).toContain(`::add-mask::${runner.token}`)
    expect(commands).toContainEqual(expect.stringMatching(/^::group::Building on the .* stack$/))
    expect(commands).toContainEqual(expect.stringMatching(/^::group::Node.js app detected/))
    expect(commands.filter((line) => line.startsWith('::group::'))).toHaveLength(
      commands.filter((line) => line === '::endgroup::').length,
    )
    expect(log).toContain('/version answers 200')
    expect(log.replace(`::add-mask::${runner.token}`, '')).not.toContain(runner.token)
    expect(summary).toContain(`### ${app.name} is live`)
    expect(summary).toContain(commit)
  })

  it('says that nothing is to be done when the commit is live, and succeeds', async () => {
    const before = await app.releases()
    const { code, log, outputs, summary } = await runner.run(app.folder, runner.inputs(app.name))
    expect(code).toBe(0)
    expect(log).toContain('Nothing to deploy')
    expect(log).not.toContain('::group::')
    expect(outputs).toMatchObject({ release: String(await app.live()), commit: await head(app) })
    expect(summary).toContain('is live already')
    expect(await app.releases()).toEqual(before)
  })

  it('deploys a commit anew that the branch names but a rollback took out of service', async () => {
    await app.write('version.txt', 'two\n')
    expect((await runner.run(app.folder, runner.inputs(app.name))).code).toBe(0)
    await app.run(['rollback'])
    expect(await app.text('/version')).toBe('one')
    const { code, outputs } = await runner.run(app.folder, runner.inputs(app.name))
    expect(code).toBe(0)
    expect(await app.text('/version')).toBe('two')
    expect(outputs['release']).toBe(String(await app.live()))
    expect((await app.releases())[0]).toMatchObject({ commit: outputs['commit'], state: 'live' })
  })

  it('goes back to an older commit when that is what was checked out', async () => {
    await app.git('checkout', '-q', 'HEAD~1')
    const { code, outputs } = await runner.run(app.folder, runner.inputs(app.name))
    expect(code).toBe(0)
    expect(outputs['commit']).toBe(await head(app))
    expect(await app.text('/version')).toBe('one')
    await app.git('checkout', '-q', 'main')
  })

  it('fails when the app does not answer its path, and says that the release is live', async () => {
    await app.write('version.txt', 'three\n')
    const { code, log, summary } = await runner.run(
      app.folder,
      runner.inputs(app.name, { 'healthcheck-path': '/nothing-here', wait: '2' }),
    )
    expect(code).toBe(1)
    expect(commandsOf(log)).toContainEqual(
      expect.stringMatching(/^::error title=App not healthy::The release is live, but .*status 404/),
    )
    expect(summary).toContain('App not healthy')
    expect(await app.text('/version')).toBe('three')
  })

  it('obeys no command that a build prints', async () => {
    const manifest = JSON.parse(await readFile(join(app.folder, 'package.json'), 'utf8')) as {
      scripts?: Record<string, string>
    }
    await app.put({
      'loud.js': [
        `console.log('::set-output name=release::666')`,
        `console.log('::error file=index.js,line=1::injected')`,
        `console.log('##[error]injected too')`,
        `console.log('::stop-commands::mine')`,
        `console.log('hello\\r::warning::after a return')`,
        '',
      ].join('\n'),
      'package.json': JSON.stringify({
        ...manifest,
        scripts: { ...manifest.scripts, build: 'node loud.js' },
      }),
    })
    await app.commit('::error::from the subject')
    const { code, log, outputs } = await runner.run(app.folder, runner.inputs(app.name))
    expect(code).toBe(0)
    expect(log).toContain('::error file=index.js,line=1::injected')
    const commands = commandsOf(log).join('\n')
    for (const text of ['injected', 'set-output', 'mine', 'after a return', 'from the subject'])
      expect(commands).not.toContain(text)
    expect(outputs['release']).toBe(String(await app.live()))
  })
})

it('what the checkout configures for git neither stops a push nor gets along to the platform', async () => {
  const app = await platform.app('static')
  const settings = {
    // As actions/checkout leaves GitHub's token, and as somebody may set one for all hosts.
    'http.https://github.com/.extraheader': 'AUTHORIZATION: basic not-for-us',
    'http.extraHeader': 'Authorization: Basic bm90OmZvcnVz',
    'credential.helper': '!false',
    'push.gpgSign': 'true',
    'push.followTags': 'true',
    'push.recurseSubmodules': 'on-demand',
    'log.showSignature': 'true',
    'core.hooksPath': app.folder,
  }
  for (const [key, value] of Object.entries(settings)) await app.git('config', key, value)
  await writeFile(join(app.folder, 'pre-push'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
  await app.git('tag', '-a', '-m', 'one', 'v1')
  const { code, log } = await runner.run(app.folder, runner.inputs(app.name), {
    GIT_TRACE_CURL: '1',
    GIT_DIR: '/nowhere',
  })
  expect(log).toMatch(/Released v1/)
  expect(code).toBe(0)
  for (const key of Object.keys(settings)) await app.git('config', '--unset-all', key)
  const { stdout } = await app.git('ls-remote', 'skypanel')
  expect(stdout).toContain('refs/heads/main')
  expect(stdout).not.toContain('refs/tags')
  await app.forget()
})

it('an app is made with create: true, deployed from a branch of its own, and destroyed with destroy: true', async () => {
  await using world = await platform.app('static').then((app) => ({
    app,
    [Symbol.asyncDispose]: () => app.forget(),
  }))
  const name = `${world.app.name.slice(0, 20)}-pr-7`
  const made = await runner.run(world.app.folder, runner.inputs(name, { create: 'true', branch: 'preview' }))
  expect(made.code).toBe(0)
  expect(made.log).toContain(`Made the app ${name}`)
  expect(made.outputs['release']).toBe('1')
  const host = new URL(made.outputs['url'] ?? '').host
  expect((await platform.fetch(host)).text).toContain('hello from a folder')

  const gone = await runner.run(world.app.folder, runner.inputs(name, { destroy: 'true' }))
  expect(gone).toMatchObject({ code: 0 })
  expect(gone.summary).toContain(`${name} was destroyed`)
  await until(
    'the end of the app',
    () => runner.run(world.app.folder, runner.inputs(name, { destroy: 'true' })),
    ({ log }) => log.includes('nothing to destroy'),
  )
})

describe('a checkout without history', () => {
  it('of one commit is deployed as a snapshot, the same one each time', async () => {
    const app = await platform.app('static')
    await app.write('second.html', 'two')
    const checkout = await shallowCheckout(app)
    const first = await runner.run(checkout, runner.inputs(app.name))
    expect(first).toMatchObject({ code: 0, stderr: '' })
    expect(first.log).toContain('fetch-depth: 0')
    expect(await app.text('/second.html')).toBe('two')
    const [release] = await app.releases()
    expect(release).toMatchObject({ state: 'live', commit: first.outputs['commit'] })
    expect(release?.description).toContain('change second.html')
    const again = await runner.run(await shallowCheckout(app), runner.inputs(app.name))
    expect(again.log).toContain('Nothing to deploy')
    expect(again.outputs).toEqual(first.outputs)
    await app.forget()
  })

  it('that reaches back to what the platform has is pushed as it is', async () => {
    const app = await platform.app('static')
    await app.deploy()
    await app.write('second.html', 'two')
    const checkout = await shallowCheckout(app, 2)
    const { code, log, outputs } = await runner.run(checkout, runner.inputs(app.name))
    expect(code).toBe(0)
    expect(log).not.toContain('snapshot')
    expect(outputs['commit']).toBe(await head(app))
    await app.forget()
  })

  it('that does not reach back that far is tried, and becomes a snapshot', async () => {
    const app = await platform.app('static')
    for (const word of ['two', 'three', 'four']) await app.write('second.html', word)
    const checkout = await shallowCheckout(app, 2)
    const { code, log } = await runner.run(checkout, runner.inputs(app.name))
    expect(code).toBe(0)
    expect(log).toContain('pushed as a snapshot')
    expect(await app.text('/second.html')).toBe('four')
    await app.forget()
  })
})

describe('a folder', () => {
  it('of a checkout is deployed as the commit has it, and its errors are placed below it', async () => {
    const app = await platform.app(null)
    await cp(join(CHECKOUT, 'test', 'apps', 'broken-build'), join(app.folder, 'shop'), { recursive: true })
    await cp(join(CHECKOUT, 'test', 'apps', 'static'), join(app.folder, 'pages'), { recursive: true })
    await mkdir(join(app.folder, 'shop', 'src'))
    await app.write('shop/src/cart.js', '')
    await writeFile(join(app.folder, 'pages', 'not-committed.html'), 'no')
    const good = await runner.run(app.folder, runner.inputs(app.name, { directory: 'pages' }))
    expect(good).toMatchObject({ code: 0 })
    expect((await app.fetch('/')).text).toContain('hello from a folder')
    expect((await app.fetch('/not-committed.html')).status).toBe(404)
    const bad = await runner.run(app.folder, runner.inputs(app.name, { directory: './shop/' }))
    expect(bad.code).toBe(1)
    expect(commandsOf(bad.log)).toContainEqual(
      expect.stringMatching(/^::error file=shop\/src\/cart\.js,line=12,/),
    )
    await app.forget()
  })

  it('that no commit knows is deployed as it lies there', async () => {
    const app = await platform.app(null)
    const made = join(runner.folder, 'made', 'site')
    await cp(join(CHECKOUT, 'test', 'apps', 'static'), made, { recursive: true })
    const { code } = await runner.run(
      join(runner.folder, 'made'),
      runner.inputs(app.name, { directory: 'site' }),
    )
    expect(code).toBe(0)
    expect((await app.fetch('/')).text).toContain('hello from a folder')
    await app.forget()
  })
})
