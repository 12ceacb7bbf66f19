import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApi, type TestApi } from '../test/support/api.ts'
import { bundleInto, CliBench } from '../test/support/cli.ts'

// The command line against the real API over the real database: what both believe of the contract has to agree.
const bundle = new CliBench('')
let api: TestApi
let bench: CliBench
let ada: { token: string; password: string; email: string }

beforeAll(async () => {
  api = await startApi()
  ada = await api.account('ada@example.org')
  bench = new CliBench(await bundleInto(bundle.folder), { SKYPANEL_HOST: api.url })
})
afterAll(async () => {
  bench[Symbol.dispose]()
  bundle[Symbol.dispose]()
  await api[Symbol.asyncDispose]()
})

const ok = async (...args: string[]) => {
  const done = await bench.run(args)
  expect(done, args.join(' ')).toMatchObject({ code: 0 })
  return done.stdout
}
const json = async (...args: string[]): Promise<unknown> => JSON.parse(await ok(...args, '--json'))

it('logs in with the password typed on a terminal', async () => {
  let asked = 0
  const { code, stdout } = await bench.runOnTerminal(['login', '--email', ada.email], {
    onStdout: (text, child) => {
      if (asked > 0 || !text.includes('Password: ')) return
      asked = 1
      child.write(`${ada.password}\r`)
    },
  })
  expect(stdout).toContain(`as ${ada.email}`)
  expect(code).toBe(0)
  expect(await ok('whoami')).toBe(`${ada.email}\n`)
})

describe('an app', () => {
  it('is made with its git remote, listed and shown', async () => {
    const folder = join(bench.folder, 'shop')
    await mkdir(folder)
    await bench.git(['init', '-q'], { cwd: folder })
    const { code, stdout } = await bench.run(['create', 'cli-shop'], { cwd: folder })
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'http://cli-shop.skypanel.localhost:8080 | http://localhost:8800/git/cli-shop.git\n',
    })
    expect(await ok('apps')).toContain('cli-shop  ')
    const { stdout: info } = await bench.run(['info'], { cwd: folder })
    expect(info).toContain('=== cli-shop\n')
  })

  it.each(['cli-shop', 'a', 'x'.repeat(500), 'Grüße', '../etc', 'a;reboot', 'www', 'a--b', '-rf'])(
    'is refused the name %j in words',
    async (name) => {
      const { code, stdout, stderr } = await bench.run(['create', '--no-remote', '--', name])
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toMatch(/ ▸ {4}\S.*Choose another one/)
    },
  )

  it('keeps its config vars, and gives them back exactly', async () => {
    await ok('config:set', '-a', 'cli-shop', 'A=one two', 'B=ü=1', '--no-wait')
    expect(await ok('config:get', 'B', '-a', 'cli-shop')).toBe('ü=1\n')
    await ok('config:unset', '-a', 'cli-shop', 'A', '--no-wait')
    expect(await json('config', '-a', 'cli-shop')).toEqual({ B: 'ü=1' })
    const bad = await bench.run(['config:set', '-a', 'cli-shop', '1X=y', '--no-wait'])
    expect(bad.code).toBe(1)
  })

  it('takes domains, maintenance and a health check', async () => {
    await ok('domains:add', 'www.example.com', '-a', 'cli-shop')
    expect(await ok('domains', '-a', 'cli-shop')).toContain('www.example.com')
    await ok('domains:remove', 'www.example.com', '-a', 'cli-shop')
    await ok('maintenance:on', '-a', 'cli-shop')
    expect(await ok('maintenance', '-a', 'cli-shop')).toBe('on\n')
    await ok('apps:update', '-a', 'cli-shop', '--health-check-path', '/up')
    expect(await json('info', 'cli-shop')).toMatchObject({ health_check_path: '/up', maintenance: true })
  })

  it('of somebody else is not there', async () => {
    const bob = await api.account('bob@example.org')
    const { code, stderr } = await bench.run(['info', 'cli-shop'], { env: { SKYPANEL_TOKEN: bob.token } })
    expect(code).toBe(1)
    expect(stderr).toContain('See the apps you have: skypanel apps')
  })

  it('is destroyed when its name is repeated', async () => {
    await ok('destroy', 'cli-shop', '--confirm', 'cli-shop')
  })
})

it('makes, lists and revokes tokens, and a revoked one is worth nothing', async () => {
  const token = (await ok('tokens:create', 'ci', '--expires-in', '1d')).trim()
  const as = { env: { SKYPANEL_TOKEN: token } }
  expect((await bench.run(['whoami'], as)).stdout).toBe(`${ada.email}\n`)
  const list = (await json('tokens')) as { id: string; label: string }[]
  await ok('tokens:revoke', list.find(({ label }) => label === 'ci')?.id ?? '')
  expect(await bench.run(['whoami'], as)).toMatchObject({ code: 1, stdout: '' })
})

it('tells the state of the platform, and that parts of it are down', async () => {
  const { code, stdout } = await bench.run(['status'])
  expect(code).toBe(69)
  expect(stdout).toContain('Installation: ab12\n')
})

it('logs out, and the token is revoked with it', async () => {
  await ok('logout')
  expect((await bench.run(['whoami'])).stderr).toContain('You are not logged in')
})
