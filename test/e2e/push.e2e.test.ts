import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { failuresDuring, TestPlatform, type TestApp, until } from '../support/platform.ts'

let platform: TestPlatform
beforeAll(async () => {
  platform = await TestPlatform.load()
})
afterAll(() => platform[Symbol.asyncDispose]())

const firstMessage = (app: TestApp, text: string) =>
  new Promise<string>((resolve, reject) => {
    const socket = app.socket('/socket')
    socket.on('error', reject)
    socket.on('open', () => socket.send(text))
    socket.on('message', (data: Buffer) => {
      resolve(data.toString())
      socket.close()
    })
  })

describe('an Express app with a lock file', () => {
  it('is pushed, built, served, and replaced by the next push without a lost request', async () => {
    const app = await platform.app('express')
    const output = await app.deploy()
    expect(output).toContain('remote: -----> ')
    expect(output).toMatch(/remote: .*Released v\d+/)
    expect(output).toMatch(/node 22\.\d+\.\d+/i)
    expect(await app.text('/version')).toBe('one')

    const echo = await app.fetch({
      path: '/echo',
      method: 'POST',
      body: 'hello ✓',
      headers: { 'content-type': 'text/plain' },
    })
    expect(echo).toMatchObject({ status: 200, text: 'hello ✓' })
    expect(await firstMessage(app, 'hi')).toBe('one: hi')

    await app.write('version.txt', 'two\n')
    const failures = await failuresDuring(
      () => app.fetch('/version'),
      () => app.deploy(),
    )
    expect(failures).toEqual([])
    expect(await app.text('/version')).toBe('two')
    expect(await firstMessage(app, 'hi')).toBe('two: hi')

    const again = await app.push()
    expect(again).toMatchObject({ code: 0 })
    expect(again.stderr).toContain('Everything up-to-date')
    await app.forget()
  })

  it('comes back from a clone as it was pushed', async () => {
    const app = await platform.app('express')
    await app.deploy()
    const { code, stdout } = await app.run(['git:clone', app.name, 'clone'])
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    const file = (folder: string) => readFile(join(folder, 'index.js'), 'utf8')
    expect(await file(join(app.folder, 'clone'))).toBe(await file(app.folder))
    const head = async (folder: string) => (await app.git('-C', folder, 'rev-parse', 'HEAD')).stdout
    expect(await head(join(app.folder, 'clone'))).toBe(await head(app.folder))
    const pushed = await app.git('-C', 'clone', 'push', 'skypanel', 'main')
    expect(pushed).toMatchObject({ code: 0, stderr: expect.stringContaining('Everything up-to-date') })
    await app.forget()
  })
})

it('a Flask app with packages of its own is pushed, served, and changed', async () => {
  const app = await platform.app('flask')
  const output = await app.deploy()
  expect(output).toMatch(/python/i)
  expect(await app.text('/version')).toBe('one')
  expect((await app.fetch({ path: '/echo', method: 'POST', body: 'hello' })).text).toBe('hello')
  await app.write('version.txt', 'two\n')
  await app.deploy()
  expect(await app.text('/version')).toBe('two')
  await app.forget()
})

it('a folder of files is served with types, with its own 404 page, and without what is not meant for visitors', async () => {
  const app = await platform.app('static')
  await app.deploy()
  expect((await app.fetch('/')).text).toContain('hello from a folder')
  const style = await app.fetch('/assets/style.css')
  expect(style.headers['content-type']).toContain('text/css')
  expect((await app.fetch('/nothing')).status).toBe(404)
  expect((await app.fetch('/.git/config')).status).toBe(404)
  const page = await readFile(join(app.folder, 'index.html'), 'utf8')
  await app.write('index.html', page.replace('hello from', 'changed in'))
  await app.deploy()
  expect((await app.fetch('/')).text).toContain('changed in a folder')
  await app.forget()
})

it('a Ruby app with packages of the system finds both in its instances, and in one-off runs', async () => {
  const app = await platform.app('ruby')
  const output = await app.deploy()
  expect(output).toContain('Fetching ruby 3.3')
  expect(await app.text('/')).toMatch(/^ruby 3\.3\.\d+, jq says 42/)
  expect((await app.run(['run', 'jq', '-n', '1+1'])).stdout.trim()).toBe('2')
  await app.forget()
})

it('an app with a Dockerfile is built in stages without Docker, runs as its user, and is changed, configured and rolled back', async () => {
  const app = await platform.app('dockerfile')
  await app.deploy()
  expect(await app.text('/')).toBe('hello from an image as 1234, no colour')
  await app.write('version.txt', 'two\n')
  await app.deploy()
  expect(await app.text('/version')).toBe('two')
  expect((await app.run(['config:set', 'COLOUR=blue'])).code).toBe(0)
  expect(await app.text('/')).toBe('hello from an image as 1234, blue')
  expect((await app.run(['rollback', 'v1'])).code).toBe(0)
  expect([await app.text('/version'), await app.text('/')]).toEqual([
    'one',
    'hello from an image as 1234, no colour',
  ])
  expect((await app.run(['run', 'id -u; greet'])).stdout.trim().split(/\s+/)).toEqual(['1234', 'hello'])
  await app.forget()
})

it('an app with a build step runs what the build made', async () => {
  const app = await platform.app('node-build')
  await app.deploy()
  expect(await app.text('/')).toBe('one')
  await app.forget()
})

it('a worker and a release command run beside the web process', async () => {
  const app = await platform.app('worker')
  const output = await app.deploy()
  expect(output).toContain('releasing with MODE=unset')
  await app.run(['scale', 'worker=1'])
  const logs = () => app.run(['logs', '--process', 'worker', '--num', '50'])
  await until('the beat of the worker', logs, ({ stdout }) => stdout.includes('worker beats'))
  await app.run(['scale', 'worker=0'])
  await until('the end of the worker', logs, ({ stdout }) => stdout.includes('worker ends'))
  await app.forget()
})

it('another branch than the deploy branch is stored without a build, and says so', async () => {
  const app = await platform.app('static')
  const { code, stderr } = await app.push('main:draft')
  expect(code).toBe(0)
  expect(stderr).toMatch(/remote: .*(draft|main)/)
  expect(stderr).not.toContain('Released')
  expect(await app.releases()).toEqual([])
  await app.forget()
})

it('of two pushes at once one waits or is refused, and what is live is what the branch says', async () => {
  const app = await platform.app('express')
  await app.deploy()
  await app.git('checkout', '-q', '-b', 'other')
  await app.write('version.txt', 'other\n')
  await app.git('checkout', '-q', 'main')
  await app.write('version.txt', 'main\n')
  const pushes = await Promise.all([app.push('main:main'), app.push('other:main')])
  expect(pushes.filter(({ code }) => code === 0)).toHaveLength(1)
  const { stdout } = await app.git('ls-remote', 'skypanel', 'refs/heads/main')
  const winner = (await app.git('show', `${stdout.split('\t')[0] ?? ''}:version.txt`)).stdout.trim()
  expect(['main', 'other']).toContain(winner)
  expect(await app.text('/version')).toBe(winner)
  await app.forget()
})
