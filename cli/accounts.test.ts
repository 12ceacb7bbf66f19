import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { accountEndpoints } from '../server/contract/accounts.ts'
import { sampleAccount, sampleToken, uuid } from '../test/support/api-samples.ts'
import { type ApiServer, Refusal } from '../test/support/api-server.ts'
import type { CliBench } from '../test/support/cli.ts'
import { inCliWorlds } from '../test/support/cli-world.ts'

let api: ApiServer
let bench: CliBench
inCliWorlds({}, (world) => ({ api, bench } = world))
beforeEach(() => {
  api.on(accountEndpoints.whoami, ({ token }) => {
    if (token !== 'good') throw new Refusal('unauthorized', 'This token is not valid.')
    return sampleAccount('ada@example.com')
  })
})

const login = () => bench.run(['login', '--token-stdin'], { input: 'good\n' })

describe('login', () => {
  it('keeps a token from stdin in a file that only its owner can read', async () => {
    await mkdir(dirname(bench.credentials), { recursive: true })
    await writeFile(bench.credentials, '{"current":null,"hosts":{}}')
    await chmod(bench.credentials, 0o644)
    expect(await login()).toEqual({
      code: 0,
      stdout: '',
      stderr: `Logged in at ${api.origin} as ada@example.com\n`,
    })
    expect(JSON.parse(await readFile(bench.credentials, 'utf8'))).toEqual({
      current: api.origin,
      hosts: { [api.origin]: { email: 'ada@example.com', token: 'good' } },
    })
    expect((await stat(bench.credentials)).mode & 0o777).toBe(0o600)
    expect((await bench.run(['whoami'], { env: { SKYPANEL_HOST: '' } })).stdout).toBe('ada@example.com\n')
  })

  it('stores nothing when the token is refused', async () => {
    const { code, stderr } = await bench.run(['login', '--token-stdin'], { input: 'bad' })
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: ' ▸    This token is not valid.\n ▸\n ▸    Log in: skypanel login\n',
    })
    await expect(stat(bench.credentials)).rejects.toThrow('ENOENT')
  })

  it('asks on a terminal, and the password is not echoed', async () => {
    api.on(accountEndpoints.login, ({ body }) => {
      if (body.password !== 'hunter2hunter2')
        throw new Refusal('unauthorized', 'Wrong e-mail address or password.')
      return { ...sampleToken(), token: 'good' }
    })
    let asked = 0
    const { code, stdout } = await bench.runOnTerminal(['login'], {
      onStdout: (text, child) => {
        if (asked === 0 && text.includes('E-mail: ')) {
          asked = 1
          child.write('ada@example.com\r')
        } else if (asked === 1 && text.includes('Password: ')) {
          asked = 2
          child.write('hunter2hunter2\r')
        }
      },
    })
    expect(stdout).toContain(`Logged in at ${api.origin} as ada@example.com`)
    expect(stdout).not.toContain('hunter2')
    expect(code).toBe(0)
  })

  it('says how to do without a terminal', async () => {
    const { code, stderr } = await bench.run(['login'])
    expect(code).toBe(2)
    expect(stderr).toContain('skypanel login --token-stdin < FILE')
  })
})

describe('who is logged in', () => {
  it('is told in one line, or in one document', async () => {
    await login()
    expect(await bench.run(['whoami'])).toEqual({ code: 0, stdout: 'ada@example.com\n', stderr: '' })
    const { stdout } = await bench.run(['auth:whoami', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ email: 'ada@example.com', host: api.origin })
  })

  it('may come from the environment alone', async () => {
    const { stdout } = await bench.run(['whoami'], { env: { SKYPANEL_TOKEN: 'good' } })
    expect(stdout).toBe('ada@example.com\n')
  })

  it('is nobody after a logout, which revokes the token', async () => {
    await login()
    api.on(accountEndpoints.listTokens, () => [
      sampleToken({ id: uuid(8), current: false }),
      sampleToken({ id: uuid(9) }),
    ])
    api.on(accountEndpoints.revokeToken, ({ params }) => sampleToken({ id: params.token }))
    expect((await bench.run(['logout'])).stderr).toBe(`Logged out from ${api.origin}\n`)
    expect(api.calls.at(-1)).toMatchObject({ method: 'DELETE', path: `/api/account/tokens/${uuid(9)}` })
    const { code, stderr } = await bench.run(['whoami'])
    expect(code).toBe(1)
    expect(stderr).toBe(` ▸    You are not logged in at ${api.origin}.\n ▸\n ▸    Type: skypanel login\n`)
  })

  it('can log out while the platform is away, and is told that the token lives on', async () => {
    await login()
    await api.stop()
    const { code, stderr } = await bench.run(['logout'])
    expect(code).toBe(0)
    expect(stderr).toContain('could not be revoked: Nothing answers at')
    expect(JSON.parse(await readFile(bench.credentials, 'utf8'))).toEqual({ current: null, hosts: {} })
  })
})

describe('git asks for the password', () => {
  const ask = 'protocol=http\nhost=localhost\n\n'

  it('and gets the token', async () => {
    await login()
    const { stdout } = await bench.run(['git-credentials', 'get', '--host', api.origin], { input: ask })
    expect(stdout).toBe('username=skypanel\npassword=good\n')
  })

  it('and is told to stop when nobody is logged in there', async () => {
    await login()
    const { code, stdout, stderr } = await bench.run(
      ['git-credentials', 'get', '--host', 'http://elsewhere'],
      { input: ask },
    )
    expect({ code, stdout }).toEqual({ code: 1, stdout: 'quit=1\n' })
    expect(stderr).toContain('You are not logged in at http://elsewhere.')
  })

  it('and stores nothing by itself', async () => {
    expect(await bench.run(['git-credentials', 'store'], { input: ask })).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    })
  })
})

it('a token is shown once, on stdout alone', async () => {
  await login()
  api.on(accountEndpoints.createToken, ({ body }) => ({
    ...sampleToken({ label: body.label }),
    token: 'secret',
  }))
  const { stdout, stderr } = await bench.run(['tokens:create', 'ci', '--expires-in', '1d'])
  expect(stdout).toBe('secret\n')
  expect(stderr).toBe('This is the only time that the token is shown:\n')
  expect(api.calls.at(-1)?.body).toEqual({ label: 'ci', expires_in: 86_400 })
})
