import { randomBytes } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestPlatform, type TestApp, until } from '../support/platform.ts'

let platform: TestPlatform
let app: TestApp
beforeAll(async () => {
  platform = await TestPlatform.load()
  app = await platform.app('static')
  await app.deploy()
})
afterAll(async () => {
  await app.forget()
  await platform[Symbol.asyncDispose]()
})

describe('what is wrong is told with what to do, and exit code 1', () => {
  it.each(['info', 'ps', 'logs', 'releases', 'config', 'restart', 'rollback'])(
    '%s of an app that is not there',
    async (command) => {
      const { code, stdout, stderr } = await platform.cli.run([command, '--app', 'not-there'])
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toContain('skypanel apps')
    },
  )

  it('a name that is taken', async () => {
    const { code, stderr } = await platform.cli.run(['create', app.name])
    expect(code).toBe(1)
    expect(stderr).toContain('taken')
  })

  it.each([
    'a',
    'x'.repeat(500),
    'Grüße',
    '../etc',
    'a;reboot',
    '$(reboot)',
    'a b',
    '-rf',
    'www',
    'panel',
    'a--b',
    'a.b',
    '%2e%2e',
    '\u202Eppa',
  ])('the name %j', async (name) => {
    const { code, stdout, stderr } = await platform.cli.run(['create', '--json', '--', name])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('▸')
  })

  it.each(['web=101', 'web=999999', 'nothing=1'])('the quantity %s', async (quantity) => {
    const { code, stderr } = await app.run(['scale', quantity])
    expect(code).toBe(1)
    expect(stderr).toContain('▸')
  })

  it.each(['localhost', 'a b', 'http://x.example', '-x.example', '127.0.0.1'])(
    'the host name %j',
    async (hostname) => {
      const { code } = await app.run(['domains:add', '--', hostname])
      expect(code).toBe(1)
    },
  )

  it('a token that is wrong', async () => {
    const { code, stderr } = await platform.cli.run(['apps'], { env: { SKYPANEL_TOKEN: 'wrong' } })
    expect(code).toBe(1)
    expect(stderr).toContain('skypanel login')
  })
})

describe('a push that cannot be built leaves what serves alone', () => {
  it('of nothing but an empty commit', async () => {
    const empty = await platform.app(null)
    await empty.commit('nothing')
    const { code, stderr } = await empty.push()
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/remote: .*!/)
    await empty.forget()
  })

  it('of a Procfile that is not text', async () => {
    await app.write('Procfile', randomBytes(512))
    const { code, stderr } = await app.push()
    expect(code).not.toBe(0)
    expect(stderr).toContain('Procfile')
    expect((await app.fetch('/')).status).toBe(200)
    await app.git('reset', '-q', '--hard', 'HEAD~1')
  })

  it('of a file of 200 MB', async () => {
    const file = await open(join(app.folder, 'huge.bin'), 'w')
    // Random, else git would press it down to nothing.
    for (let megabyte = 0; megabyte < 200; megabyte += 1) await file.write(randomBytes(1024 * 1024))
    await file.close()
    await app.commit('huge')
    const { code, stderr } = await app.push()
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/too large|larger than|413/)
    expect((await app.fetch('/')).status).toBe(200)
    await app.git('reset', '-q', '--hard', 'HEAD~1')
  })
})

it('the app goes with its name, its address and its repository', async () => {
  const gone = await platform.app('static')
  await gone.deploy()
  expect((await gone.run(['destroy', '--confirm', gone.name])).code).toBe(0)
  await until(
    'the end of the app',
    () => platform.cli.run(['info', gone.name]),
    ({ code }) => code === 1,
  )
  expect((await platform.cli.git(['ls-remote', gone.gitUrl])).code).not.toBe(0)
  expect((await gone.fetch('/')).status).toBe(404)
  await gone.forget()
})
