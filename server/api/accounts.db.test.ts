import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApi, type TestApi } from '../../test/support/api.ts'
import { ensureAdmin } from '../accounts/ensure-admin.ts'
import { verifyPassword } from '../accounts/password.ts'
import { createRateLimit } from '../accounts/rate-limit.ts'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api[Symbol.asyncDispose]())

const login = (email: string, password: string, on = api) =>
  on.call('POST', '/api/login', { token: null, body: { email, password } })
const whoami = (token: string) => api.call('GET', '/api/account', { token })

describe('logging in', () => {
  it('gives a token that works until it is revoked', async () => {
    const { password } = await api.account('ada@example.org')
    const reply = await login('Ada@Example.org ', password)
    expect(reply).toMatchObject({
      status: 201,
      body: { label: 'cli', current: true, token: expect.stringMatching(/^skp_[\w-]{43}$/) },
    })
    const token = String(reply.body['token'])
    expect((await whoami(token)).body).toMatchObject({
      email: 'ada@example.org',
      teams: [{ name: 'ada@example.org', role: 'admin' }],
    })
    expect(await api.call('DELETE', `/api/account/tokens/${reply.body.id}`, { token })).toMatchObject({
      status: 200,
      body: { current: true },
    })
    expect((await whoami(token)).status).toBe(401)
  })

  it('tells no difference between a wrong password and an unknown address', async () => {
    await api.account('eve@example.org')
    const [wrong, unknown] = await Promise.all([
      login('eve@example.org', 'wrong password'),
      login('nobody@example.org', 'wrong password'),
    ])
    expect([wrong.status, wrong.body['message']]).toEqual([unknown.status, unknown.body['message']])
    expect(wrong).toMatchObject({ status: 401, body: { id: 'unauthorized' } })
  })

  it('as nobody is impossible, also with the password that keeps the work the same', async () => {
    expect(await verifyPassword(null, 'nobody has this password')).toBe(false)
  })

  it('is limited by address and by account, and says how long to wait', async () => {
    await using strict = await startApi((deps) => ({
      ...deps,
      loginLimits: {
        perEmail: createRateLimit({ burst: 2, perSecond: 0.1 }),
        perAddress: createRateLimit({ burst: 3, perSecond: 0.1 }),
      },
    }))
    const ids = []
    for (const email of ['a@example.org', 'a@example.org', 'A@example.org', 'b@example.org'])
      ids.push((await login(email, 'x', strict)).body.id)
    expect(ids).toEqual(['unauthorized', 'unauthorized', 'rate_limited', 'rate_limited'])
    expect((await login('c@example.org', 'x', strict)).body['message']).toMatch(/Try it again in \d+ s/)
  })

  it('tokens are stored as hashes only, and no reply but the first shows one', async () => {
    const { token } = await api.account('hash@example.org')
    const rows = await api.db.query('SELECT tokens::text AS row FROM tokens')
    expect(JSON.stringify(rows)).not.toContain(token)
    expect(JSON.stringify(rows)).not.toContain(Buffer.from(token).toString('hex'))
    expect(JSON.stringify((await api.call('GET', '/api/account/tokens', { token })).body)).not.toContain(
      token,
    )
  })
})

describe('accounts', () => {
  it('with a new password lose their other tokens and the old password', async () => {
    const { token, password, email } = await api.account('new@example.org')
    const other = String((await login(email, password)).body['token'])
    expect(
      (await api.call('PUT', '/api/account/password', { token, body: { password: 'another password' } }))
        .status,
    ).toBe(200)
    expect([(await whoami(token)).status, (await whoami(other)).status]).toEqual([200, 401])
    expect((await login(email, password)).status).toBe(401)
    expect((await login(email, 'another password')).status).toBe(201)
  })

  it('are made by the platform admin, once an address', async () => {
    const make = (email: string) =>
      api.call('POST', '/api/accounts', { body: { email, password: 'long enough' } })
    expect(await make('grace@example.org')).toMatchObject({
      status: 201,
      body: { email: 'grace@example.org', platform_admin: false },
    })
    expect(await make('GRACE@example.org')).toMatchObject({ status: 422, body: { id: 'name_taken' } })
    expect(await make('not an address')).toMatchObject({ status: 422, body: { id: 'invalid_params' } })
  })

  it('of admins can be made again and again, with the same account behind', async () => {
    const first = await ensureAdmin(api.deps, 'ops@example.org', 'setup')
    const second = await ensureAdmin(api.deps, 'OPS@example.org', 'setup')
    const [a, b] = [await whoami(first.token), await whoami(second.token)]
    expect(a.body).toEqual(b.body)
    expect(a.body).toMatchObject({ platform_admin: true, has_password: false })
    expect((await login('ops@example.org', '')).status).toBe(401)
  })
})

describe('the rate of requests', () => {
  it('is limited for each token by itself', async () => {
    await using strict = await startApi((deps) => ({
      ...deps,
      callerLimit: createRateLimit({ burst: 3, perSecond: 0.01 }),
    }))
    const { token } = await strict.account('fast@example.org')
    const statuses = []
    for (let i = 0; i < 4; i++) statuses.push((await strict.call('GET', '/api/apps', { token })).status)
    expect(statuses).toEqual([200, 200, 200, 429])
    const refused = await strict.call('GET', '/api/apps', { token })
    expect(refused.body.id).toBe('rate_limited')
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await strict.call('GET', '/api/apps')).headers.get('ratelimit-remaining')).toBe('2')
  })
})
