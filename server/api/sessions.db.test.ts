import { randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PANEL, startApi, type TestApi } from '../../test/support/api.ts'
import { authenticate } from '../accounts/authenticate.ts'
import { ensureAdmin } from '../accounts/ensure-admin.ts'
import { createRateLimit } from '../accounts/rate-limit.ts'
import { openRepository } from '../apps/open-repository.ts'
import type { ApiDeps } from './deps.ts'
import { createPushes } from '../git/pushes.ts'
import { createGitHandler } from '../git/receive.ts'
import { makeLink } from '../sessions/make-link.ts'

let api: TestApi
let deps: ApiDeps
beforeAll(async () => {
  const nowhere = join(tmpdir(), `skypanel-no-git-${randomUUID()}`)
  api = await startApi(
    (given) => (deps = given),
    createGitHandler({
      root: nowhere,
      hooks: nowhere,
      hookSocket: nowhere,
      maxPack: 1,
      pushes: createPushes(),
      authenticate: (request) => authenticate(deps, request.headers.authorization),
      openApp: (actor, name) => openRepository(deps, actor, name),
      warn: () => undefined,
    }),
  )
})
afterAll(() => api[Symbol.asyncDispose]())

const signIn = (email: string, password: string, headers: Record<string, string> = { Origin: PANEL }) =>
  api.call('POST', '/api/session', { token: null, body: { email, password }, headers })
const ask = (method: string, path: string, headers: Record<string, string>, body?: unknown) =>
  api.call(method, path, { token: null, headers, ...(body === undefined ? {} : { body }) })
const audit = (action: string) =>
  api.db.query<{ actor: string; target: string; detail: Record<string, unknown> }>(
    'SELECT actor, target, detail FROM audit WHERE action = $1 ORDER BY seq DESC',
    [action],
  )

describe('signing in', () => {
  it('gives a cookie that no script can read and no other site sends, and nothing else that lets in', async () => {
    const { email, password } = await api.account('ada@example.org')
    const reply = await signIn(email, password, { Origin: PANEL, 'User-Agent': 'Browser <b>1</b>' })
    expect(reply).toMatchObject({
      status: 201,
      body: {
        account: { email, has_password: true, teams: [{ name: email, role: 'admin' }] },
        session: { user_agent: 'Browser <b>1</b>', address: '127.0.0.1', current: true },
      },
    })
    const cookie = reply.headers.get('set-cookie') ?? ''
    expect(cookie).toMatch(
      /^skypanel_session=sks_[\w-]{43}; Path=\/; Max-Age=15552000; HttpOnly; SameSite=Strict$/,
    )
    expect(JSON.stringify(reply.body)).not.toContain('sks_')
    const stored = JSON.stringify(await api.db.query('SELECT sessions::text AS row FROM sessions'))
    const secret = /sks_[\w-]+/.exec(cookie)?.[0] ?? 'none'
    expect(stored).not.toContain(secret)
    expect(stored).not.toContain(Buffer.from(secret).toString('hex'))
    expect((await audit('session.open'))[0]).toMatchObject({ actor: email, target: '127.0.0.1' })
    expect((await ask('GET', '/api/account', { Cookie: cookie })).body).toMatchObject({ email })
  })

  it('asks for https and a host of its own where the panel has a domain', async () => {
    await using open = await startApi((given) => ({
      ...given,
      config: { ...given.config, reach: { ...given.config.reach, domain: 'apps.example.org' } },
    }))
    const { email, password } = await open.account('ada@example.org')
    const reply = await open.call('POST', '/api/session', {
      token: null,
      body: { email, password },
      headers: { Origin: 'https://panel.apps.example.org:8443' },
    })
    expect(reply.headers.get('set-cookie')).toMatch(
      /^__Host-skypanel_session=.*; Path=\/; .*HttpOnly; SameSite=Strict; Secure$/,
    )
  })

  it('is refused to pages of others and to programs, which have no use of a cookie', async () => {
    const { email, password } = await api.account('mallory@example.org')
    for (const headers of [{}, { Origin: 'https://evil.example' }, { Origin: 'null' }]) {
      const reply = await signIn(email, password, headers)
      expect(reply).toMatchObject({ status: 403, body: { id: 'forbidden' } })
      expect(reply.headers.get('set-cookie')).toBeNull()
    }
  })

  it('is limited as logging in is, both by one count', async () => {
    await using strict = await startApi((given) => ({
      ...given,
      loginLimits: {
        perEmail: createRateLimit({ burst: 3, perSecond: 0.01 }),
        perAddress: createRateLimit({ burst: 5, perSecond: 0.01 }),
      },
    }))
    const once = (path: string, body: unknown) =>
      strict.call('POST', path, { token: null, body, headers: { Origin: PANEL } })
    const wrong = { email: 'a@example.org', password: 'x' }
    const ids = [
      (await once('/api/session', wrong)).body.id,
      (await once('/api/login', wrong)).body.id,
      (await once('/api/session', wrong)).body.id,
      (await once('/api/session', wrong)).body.id,
      (await once('/api/session/link', { code: 'skl_x' })).body.id,
      (await once('/api/session/link', { code: 'skl_x' })).body.id,
    ]
    expect(ids).toEqual([
      'unauthorized',
      'unauthorized',
      'unauthorized',
      'rate_limited',
      'unauthorized',
      'rate_limited',
    ])
  })
})

describe('a one-time link', () => {
  const use = (code: string) => ask('POST', '/api/session/link', { Origin: PANEL }, { code })

  it('lets the first admin in once, who then sets a password and keeps the tokens of the machine', async () => {
    const { token } = await ensureAdmin(deps, 'first@example.org', 'setup')
    const { code } = await makeLink(deps, 'first@example.org')
    const replies = await Promise.all([use(code), use(code)])
    expect(replies.map(({ status }) => status).sort((a, b) => a - b)).toEqual([201, 401])
    const reply = replies.find(({ status }) => status === 201)
    expect(reply?.body).toMatchObject({ account: { has_password: false, platform_admin: true } })
    const [Cookie = ''] = (reply?.headers.get('set-cookie') ?? '').split(';')
    const set = await ask(
      'PUT',
      '/api/account/password',
      { Cookie, Origin: PANEL },
      { password: 'long enough' },
    )
    expect(set).toMatchObject({ status: 200, body: { has_password: true } })
    expect((await api.call('GET', '/api/account', { token })).status).toBe(200)
    expect((await signIn('first@example.org', 'long enough')).status).toBe(201)
    expect((await use(code)).body['message']).toContain('npm start -- --admin-link')
  })

  it('ends with the next one, with its day and with a new password', async () => {
    await ensureAdmin(deps, 'second@example.org', 'setup')
    const [old, next] = [
      await makeLink(deps, 'second@example.org'),
      await makeLink(deps, 'second@example.org'),
    ]
    expect((await use(old.code)).status).toBe(401)
    await api.db.query(`UPDATE sign_in_links SET expires_at = now() - interval '1 second'`)
    expect((await use(next.code)).status).toBe(401)
    await expect(makeLink(deps, 'ada@example.org')).rejects.toMatchObject({ code: 'not_found' })
  })

  it('is kept as a hash', async () => {
    const { code } = await makeLink(deps, 'second@example.org')
    const rows = JSON.stringify(await api.db.query('SELECT sign_in_links::text AS row FROM sign_in_links'))
    expect(rows).not.toContain(code)
    expect(JSON.stringify(await audit('session.link'))).not.toContain(code)
  })
})

describe('a session', () => {
  it('is good for what changes something only on a page of the panel', async () => {
    await api.account('bob@example.org')
    const { headers } = await api.browser('bob@example.org')
    const { Cookie } = headers
    const create = (more: Record<string, string>) =>
      ask('POST', '/api/apps', { Cookie, ...more }, { name: 'csrf' })
    for (const more of [{}, { Origin: 'https://evil.example' }, { 'Sec-Fetch-Site': 'same-origin' }])
      expect(await create(more)).toMatchObject({ status: 403, body: { id: 'forbidden' } })
    expect((await create({ Origin: PANEL })).status).toBe(201)
  })

  it('is no way into git', async () => {
    await api.account('dora@example.org')
    const { headers } = await api.browser('dora@example.org')
    await ask('POST', '/api/apps', headers, { name: 'cookie-git' })
    const path = '/git/cookie-git.git/info/refs?service=git-receive-pack'
    expect((await ask('GET', path, headers)).status).toBe(401)
    const { body } = await ask('POST', '/api/account/tokens', headers, { label: 'git' })
    const token = `Basic ${Buffer.from(`x:${String(body['token'])}`).toString('base64')}`
    expect((await ask('GET', path, { Authorization: token })).status).not.toBe(401)
  })

  it('is no way into an attached run', async () => {
    await api.account('jo@example.org')
    const { headers } = await api.browser('jo@example.org')
    await ask('POST', '/api/apps', headers, { name: 'cookie-run' })
    const status = await new Promise((resolve, reject) => {
      const path = `${api.url}/api/apps/cookie-run/runs/${randomUUID()}/attach`
      const asked = request(path, {
        headers: { ...headers, Connection: 'Upgrade', Upgrade: 'skypanel-run' },
      })
      asked.once('response', (response) => resolve(response.resume().statusCode))
      asked.once('upgrade', () => reject(new Error('the run was joined')))
      asked.once('error', reject)
      asked.end()
    })
    expect(status).toBe(401)
  })

  it('stands in a list of its own, is ended from another browser, and by signing out', async () => {
    await api.account('cleo@example.org')
    const [desk, phone] = [await api.browser('cleo@example.org'), await api.browser('cleo@example.org')]
    const list = async (headers: Record<string, string>) =>
      (await ask('GET', '/api/account/sessions', headers)).body as unknown as {
        id: string
        current: boolean
      }[]
    expect((await list(desk.headers)).map(({ id, current }) => [id === desk.id, current])).toContainEqual([
      true,
      true,
    ])
    expect(await list(desk.headers)).toHaveLength(2)
    expect(JSON.stringify((await ask('GET', '/api/account/tokens', desk.headers)).body)).not.toContain(
      desk.id,
    )
    expect(await ask('DELETE', `/api/account/sessions/${phone.id}`, desk.headers)).toMatchObject({
      status: 200,
      body: { id: phone.id, current: false },
    })
    expect((await ask('GET', '/api/account', phone.headers)).status).toBe(401)
    const out = await ask('DELETE', '/api/session', desk.headers)
    expect(out.headers.get('set-cookie')).toContain('skypanel_session=; Path=/; Max-Age=0')
    expect((await ask('GET', '/api/account', desk.headers)).status).toBe(401)
    expect([(await audit('session.revoke'))[0], (await audit('session.close'))[0]]).toMatchObject([
      { actor: 'cleo@example.org', detail: { session: phone.id } },
      { actor: 'cleo@example.org', detail: { session: desk.id } },
    ])
  })

  it('of somebody else can be neither seen nor ended', async () => {
    await api.account('eve@example.org')
    await api.account('fay@example.org')
    const [eve, fay] = [await api.browser('eve@example.org'), await api.browser('fay@example.org')]
    expect((await ask('DELETE', `/api/account/sessions/${fay.id}`, eve.headers)).status).toBe(404)
    expect((await ask('GET', '/api/account', fay.headers)).status).toBe(200)
  })

  it('ends when another browser changes the password', async () => {
    await api.account('gus@example.org')
    const [one, other] = [await api.browser('gus@example.org'), await api.browser('gus@example.org')]
    await ask('PUT', '/api/account/password', one.headers, { password: 'another password' })
    expect((await ask('GET', '/api/account', one.headers)).status).toBe(200)
    expect((await ask('GET', '/api/account', other.headers)).status).toBe(401)
  })

  it('goes on with use, but not for ever', async () => {
    await api.account('hal@example.org')
    const { id, headers } = await api.browser('hal@example.org')
    const end = async () => {
      const [row] = await api.db.query<{ days: number }>(
        `SELECT round(extract(epoch FROM expires_at - now()) / 86400)::int AS days FROM sessions WHERE id = $1`,
        [id],
      )
      return row?.days
    }
    const age = async (days: number, left: number) => {
      await api.db.query(
        `UPDATE sessions SET created_at = now() - make_interval(days => $2), last_used_at = now() - interval '1 hour',
            expires_at = now() + make_interval(days => $3) WHERE id = $1`,
        [id, days, left],
      )
      expect((await ask('GET', '/api/account', headers)).status).toBe(200)
    }
    await age(10, 20)
    await expect.poll(end, { timeout: 20_000 }).toBe(30)
    await age(170, 5)
    await expect.poll(end, { timeout: 20_000 }).toBe(10)
    await api.db.query(`UPDATE sessions SET expires_at = now() - interval '1 second' WHERE id = $1`, [id])
    expect((await ask('GET', '/api/account', headers)).status).toBe(401)
  })

  it('brings names as they are, as JSON that no browser takes for a page', async () => {
    await api.account('ivy@example.org')
    const { headers } = await api.browser('ivy@example.org')
    await ask('POST', '/api/apps', headers, { name: 'names' })
    const payload = '"><img src=x onerror=alert(1)><script>alert(1)</script>'
    await ask('PATCH', '/api/apps/names/config-vars', headers, { PAYLOAD: payload })
    const reply = await ask('GET', '/api/apps/names/config-vars', headers)
    expect(reply.body).toEqual({ PAYLOAD: payload })
    expect(reply.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
    expect(reply.headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'")
    const names = await ask('GET', '/api/apps/names/config-vars/names', headers)
    expect(names.body).toMatchObject([{ name: 'PAYLOAD' }])
    expect(JSON.stringify(names.body)).not.toContain('alert')
    const failure = await ask('GET', `/api/apps/${encodeURIComponent(payload)}`, headers)
    expect(failure.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(failure.status).toBe(404)
  })
})
