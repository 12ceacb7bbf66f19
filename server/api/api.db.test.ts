import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApi, type TestApi } from '../../test/support/api.ts'
import { App, appEndpoints } from '../contract/apps.ts'
import { ErrorBody } from '../contract/errors.ts'

let api: TestApi
let ada: string
beforeAll(async () => {
  api = await startApi()
  ada = (await api.account('ada@example.org')).token
})
afterAll(() => api[Symbol.asyncDispose]())

const create = (name: string, token = ada) => api.call('POST', '/api/apps', { token, body: { name } })

describe('apps', () => {
  it('are made with the addresses of git and web', async () => {
    const reply = await create('shop')
    expect(reply.status).toBe(201)
    expect(App.parse(reply.body)).toMatchObject({
      name: 'shop',
      team: 'ada@example.org',
      git_url: 'http://localhost:8800/git/shop.git',
      web_url: 'http://shop.skypanel.localhost:8080',
      release: null,
      state: 'active',
    })
    expect((await api.call('GET', '/api/apps/shop', { token: ada })).body).toEqual(reply.body)
    expect((await api.call('GET', `/api/apps/${reply.body.id}`, { token: ada })).body).toEqual(reply.body)
  })

  it('get a name made up when none is given', async () => {
    const reply = await api.call('POST', '/api/apps', { token: ada })
    expect(reply.body['name']).toMatch(/^[a-z]+-[a-z]+-\d{4}$/)
  })

  it('are listed for their team only', async () => {
    await create('bobs', (await api.account('bob@example.org')).token)
    const names = ((await api.call('GET', '/api/apps', { token: ada })).body as unknown as App[]).map(
      ({ name }) => name,
    )
    expect(names).toContain('shop')
    expect(names).not.toContain('bobs')
  })

  it('change maintenance, branch and health check, each alone', async () => {
    await create('changing')
    const patch = (body: unknown) => api.call('PATCH', '/api/apps/changing', { token: ada, body })
    expect((await patch({ maintenance: true })).body).toMatchObject({
      maintenance: true,
      deploy_branch: 'main',
    })
    expect((await patch({ deploy_branch: 'trunk', health_check_path: '/up' })).body).toMatchObject({
      maintenance: true,
      deploy_branch: 'trunk',
      health_check_path: '/up',
    })
    expect((await patch({ health_check_path: null })).body).toMatchObject({
      health_check_path: null,
      deploy_branch: 'trunk',
    })
  })

  it('are destroyed only when their name is repeated, and take no change any more', async () => {
    await create('doomed')
    const destroy = (confirm: string) =>
      api.call('DELETE', `/api/apps/doomed?confirm=${confirm}`, { token: ada })
    expect(await destroy('doom')).toMatchObject({ status: 422, body: { id: 'confirmation_missing' } })
    expect(await destroy('doomed')).toMatchObject({ status: 200, body: { state: 'destroying' } })
    expect(
      await api.call('PATCH', '/api/apps/doomed', { token: ada, body: { maintenance: true } }),
    ).toMatchObject({
      status: 409,
      body: { id: 'conflict' },
    })
  })

  it('whose name is taken say so, to whoever asks', async () => {
    await create('taken-one')
    expect(await create('taken-one')).toMatchObject({
      status: 422,
      body: { id: 'name_taken', message: 'The name taken-one is taken. Choose another one.' },
    })
  })

  it('whose name is made twice at once exist once', async () => {
    const replies = await Promise.all(Array.from({ length: 8 }, () => create('raced')))
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(replies.filter(({ body }) => body.id === 'name_taken')).toHaveLength(7)
  })
})

describe('bad input', () => {
  it.each([
    ['x'.repeat(500)],
    ['größe'],
    ['../../etc'],
    ['a;rm -rf'],
    ['Shop'],
    ['-shop'],
    ['shop-'],
    ['a--b'],
    ['a'],
    ['admin'],
    ['sh\u0000op'],
    ['💥💥💥'],
    ['shop\nname'],
    [''],
  ])('the name %j is refused with what to do', async (name) => {
    const { status, body } = await create(name)
    expect(status).toBe(422)
    expect(body).toMatchObject({ id: 'name_invalid', message: expect.stringMatching(/Choose another one/) })
    expect(String(body['message']).length).toBeLessThan(300)
    ErrorBody.parse(body)
  })

  it.each([
    ['x'.repeat(500)],
    ['%00'],
    ['..%2f..%2fetc'],
    ['%F0%9F%92%A5'],
    ['a%3Bb'],
    ['00000000-0000-7000-8000-000000000000'],
  ])('an app called %s is not found', async (name) => {
    expect(await api.call('GET', `/api/apps/${name}`, { token: ada })).toMatchObject({
      status: 404,
      body: { id: 'app_not_found' },
    })
  })

  it.each([
    ['{', 400, 'bad_request'],
    ['nonsense', 400, 'bad_request'],
    ['{"__proto__": {"x": 1}}', 400, 'bad_request'],
    ['[]', 422, 'invalid_params'],
    ['null', 201, null],
    ['{"name": 3}', 422, 'invalid_params'],
    ['{"team": "no such team"}', 404, 'not_found'],
    [`{"name": "${'x'.repeat(2_000_000)}"}`, 413, 'too_large'],
  ])('the body %.20s is answered with %d', async (body, status, id) => {
    const reply = await api.call('POST', '/api/apps', { token: ada, body })
    expect(reply.status).toBe(status)
    if (id !== null) expect(ErrorBody.parse(reply.body).id).toBe(id)
  })

  it('another type of body than JSON is refused', async () => {
    const reply = await api.call('POST', '/api/apps', {
      token: ada,
      body: 'name=shop',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    })
    expect(reply).toMatchObject({ status: 400, body: { id: 'bad_request' } })
  })

  it('a number that is none, a build that is none, a release that is none are told as such', async () => {
    await create('numbers')
    const get = (path: string) => api.call('GET', `/api/apps/numbers/${path}`, { token: ada })
    expect(await get('releases?limit=many')).toMatchObject({
      status: 422,
      body: { id: 'invalid_params', message: expect.stringMatching(/limit/) },
    })
    expect(await get('releases/first')).toMatchObject({ status: 404, body: { id: 'release_not_found' } })
    expect(await get('releases/99999999999999999999')).toMatchObject({
      status: 404,
      body: { id: 'release_not_found' },
    })
    expect(await get("builds/1'; drop table apps")).toMatchObject({
      status: 404,
      body: { id: 'build_not_found' },
    })
    expect(await get('deployments/x')).toMatchObject({ status: 404, body: { id: 'not_found' } })
  })

  it('an unknown path names the API', async () => {
    expect(await api.call('GET', '/api/nothing', { token: ada })).toMatchObject({
      status: 404,
      body: { id: 'not_found' },
    })
    expect(await api.call('GET', '/nothing', { token: null })).toMatchObject({
      status: 404,
      body: { id: 'not_found' },
    })
  })
})

describe('every answer', () => {
  it('has a request id and the headers of an API', async () => {
    for (const reply of [
      await api.call('GET', '/api/health', { token: null }),
      await api.call('GET', '/api/apps', { token: 'x' }),
    ]) {
      expect(reply.headers.get('request-id')).toMatch(/^[0-9a-f-]{36}$/)
      expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
      expect(reply.headers.get('cache-control')).toBe('no-store')
      expect(reply.headers.get('access-control-allow-origin')).toBeNull()
      expect(reply.headers.get('etag')).toBeNull()
    }
  })

  it('to a page of another origin that wants to change something is a refusal', async () => {
    const from = (origin: string) =>
      api.call('POST', '/api/apps', { token: ada, headers: { Origin: origin } })
    expect(await from('http://shop.skypanel.localhost:8080')).toMatchObject({
      status: 403,
      body: { id: 'forbidden' },
    })
    expect(await from('null')).toMatchObject({ status: 403 })
    expect(await from('http://127.0.0.1:8800')).toMatchObject({ status: 201 })
    expect(
      await api.call('GET', '/api/apps', {
        token: ada,
        headers: { Origin: 'http://shop.skypanel.localhost:8080' },
      }),
    ).toMatchObject({ status: 200 })
  })
})

describe('the OpenAPI document', () => {
  it('describes each endpoint', async () => {
    const { body } = await api.call('GET', '/api/openapi.json', { token: null })
    expect(body).toMatchObject({
      openapi: '3.1.0',
      paths: { '/apps/{app}/config-vars': { patch: { operationId: 'configVars.patch' } } },
    })
    expect(JSON.stringify(body['paths'])).toContain(appEndpoints.destroy.summary)
  })
})

describe('the audit log', () => {
  it('has a line for each change, chained', async () => {
    await create('audited')
    await api.call('PATCH', '/api/apps/audited', { token: ada, body: { maintenance: true } })
    await api.call('PATCH', '/api/apps/audited/config-vars', { token: ada, body: { SECRET: 'do not tell' } })
    await api.call('POST', '/api/apps/audited/domains', {
      token: ada,
      body: { hostname: 'audited.example.org' },
    })
    await api.call('DELETE', '/api/apps/audited/domains/audited.example.org', { token: ada })
    await create('audited')
    const lines = await api.db.query<{ action: string; actor: string; detail: unknown }>(
      `SELECT action, actor, detail FROM audit WHERE app_id = (SELECT id FROM apps WHERE name = 'audited') ORDER BY seq`,
    )
    expect(lines.map(({ action }) => action)).toEqual([
      'app.create',
      'app.update',
      'config.change',
      'domain.add',
      'domain.remove',
    ])
    expect(lines.every(({ actor }) => actor === 'ada@example.org')).toBe(true)
    expect(JSON.stringify(lines)).not.toContain('do not tell')
    expect(
      await api.db.query('SELECT audit_broken_at() AS at, max(seq) = count(*) AS whole FROM audit'),
    ).toEqual([{ at: null, whole: true }])
  })

  it('cannot be changed, and shows when it was all the same', async () => {
    await expect(api.db.query(`UPDATE audit SET actor = 'nobody'`)).rejects.toThrow(/append-only/)
    await expect(api.db.query('DELETE FROM audit')).rejects.toThrow(/append-only/)
    await expect(api.db.query('TRUNCATE audit')).rejects.toThrow(/append-only/)
    await expect(
      api.db.query(`INSERT INTO audit (actor, action, hash) VALUES ('x', 'y', '\\x00')`),
    ).rejects.toThrow(/made by the database/)
    await api.db.transaction(async (tx) => {
      await tx.query('ALTER TABLE audit DISABLE TRIGGER USER')
      await tx.query(`UPDATE audit SET actor = 'nobody' WHERE seq = 2`)
      await tx.query('ALTER TABLE audit ENABLE TRIGGER USER')
    })
    expect(await api.db.query('SELECT audit_broken_at() AS at')).toEqual([{ at: 2 }])
  })

  it('numbers changes that are made at once without a gap', async () => {
    const before = await api.db.query<{ seq: number }>('SELECT max(seq) AS seq FROM audit')
    await Promise.all(Array.from({ length: 20 }, (_, index) => create(`busy-${index}`)))
    const [row] = await api.db.query<{ seq: number; count: number }>(
      'SELECT max(seq) AS seq, count(*) AS count FROM audit',
    )
    expect(row).toEqual({ seq: (before[0]?.seq ?? 0) + 20, count: row?.seq })
  })
})
