import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startApi, type TestApi } from '../../test/support/api.ts'
import { createSealer } from '../secrets/sealer.ts'
import { readConfig } from '../config-vars/read-config.ts'
import type { AppId } from '../contract/ids.ts'

let api: TestApi
let token: string
let app = 0
let name: string
beforeAll(async () => {
  api = await startApi()
  token = (await api.account('ada@example.org')).token
})
afterAll(() => api[Symbol.asyncDispose]())
beforeEach(async () => {
  name = `shop-${++app}`
  await api.call('POST', '/api/apps', { token, body: { name } })
})

const patch = (body: unknown) => api.call('PATCH', `/api/apps/${name}/config-vars`, { token, body })
const get = async () => (await api.call('GET', `/api/apps/${name}/config-vars`, { token })).body

describe('config vars', () => {
  it('are set, changed and unset, and come back as they were given', async () => {
    const values = {
      A: '1',
      QUOTES: `"'\`$(x) \\n`,
      LINES: 'a\nb\r\n',
      UNICODE: 'größe 💥',
      EMPTY: '',
      _x: 'y',
    }
    expect((await patch(values)).body).toEqual({ config_vars: values, release: null, deployment: null })
    expect(await get()).toEqual(values)
    expect((await patch({ A: null, LINES: 'c', NONE: null })).body['config_vars']).toEqual({
      ...values,
      A: undefined,
      LINES: 'c',
    })
  })

  it('stand in the database sealed, each for its app and name', async () => {
    await patch({ SECRET: 'hunter2-hunter2', OTHER: 'x' })
    const rows = await api.db.query<{ text: string }>(`SELECT encode(sealed, 'escape') AS text FROM env_vars`)
    expect(JSON.stringify(rows)).not.toContain('hunter2')
    await api.db.query(
      `UPDATE env_vars SET sealed = (SELECT sealed FROM env_vars e JOIN apps ON apps.id = e.app_id WHERE apps.name = $1 AND e.name = 'SECRET')
        WHERE name = 'OTHER' AND app_id = (SELECT id FROM apps WHERE name = $1)`,
      [name],
    )
    expect(await api.call('GET', `/api/apps/${name}/config-vars`, { token })).toMatchObject({
      status: 500,
      body: { id: 'internal_error', message: expect.stringMatching(/OTHER cannot be opened/) },
    })
  })

  it('cannot be opened with another master key, and say so', async () => {
    await patch({ A: '1' })
    const [row] = await api.db.query<{ id: AppId }>('SELECT id FROM apps WHERE name = $1', [name])
    const seal = createSealer([{ id: 0, key: randomBytes(32) }])
    await expect(readConfig({ seal }, api.db, row?.id as AppId)).rejects.toThrow(/another master key/)
  })

  it.each([
    [{ 'NOT-A-NAME': 'x' }],
    [{ '1A': 'x' }],
    [{ '': 'x' }],
    [{ A: 3 }],
    [{ A: 'nul\0' }],
    [{ A: 'x'.repeat(65_537) }],
    [{ A: '€'.repeat(40_000) }],
    [Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`V${i}`, 'x'.repeat(60_000)]))],
    ['"A=1"'],
  ])('that cannot be are refused, and nothing is kept (%#)', async (body) => {
    await patch({ KEPT: 'yes' })
    const reply = await patch(body)
    expect(reply).toMatchObject({ status: 422, body: { id: 'invalid_params' } })
    expect(String(reply.body['message']).length).toBeLessThan(400)
    expect(await get()).toEqual({ KEPT: 'yes' })
  })

  it('set by several at once are all there', async () => {
    await Promise.all(Array.from({ length: 10 }, (_, i) => patch({ [`V${i}`]: String(i) })))
    expect(Object.keys(await get())).toHaveLength(10)
  })
})

describe('domains', () => {
  const add = (hostname: string, to = name) =>
    api.call('POST', `/api/apps/${to}/domains`, { token, body: { hostname } })

  it('begin with the app’s own, and belong to one app', async () => {
    const other = name
    name = `${name}-b`
    await api.call('POST', '/api/apps', { token, body: { name } })
    expect(await add('one.example.org')).toMatchObject({
      status: 201,
      body: { hostname: 'one.example.org', kind: 'custom' },
    })
    expect(await add('one.example.org', other)).toMatchObject({ status: 422, body: { id: 'name_taken' } })
    const list = (await api.call('GET', `/api/apps/${name}/domains`, { token })).body as unknown as {
      hostname: string
      kind: string
    }[]
    expect(list.map(({ hostname, kind }) => [hostname, kind])).toEqual([
      [`${name}.skypanel.localhost`, 'platform'],
      ['one.example.org', 'custom'],
    ])
    const remove = (from: string, host: string) =>
      api.call('DELETE', `/api/apps/${from}/domains/${host}`, { token })
    expect(await remove(other, 'one.example.org')).toMatchObject({ status: 404, body: { id: 'not_found' } })
    expect(await remove(name, `${name}.skypanel.localhost`)).toMatchObject({ status: 404 })
    expect((await remove(name, 'ONE.example.org')).status).toBe(200)
    expect((await add('one.example.org', other)).status).toBe(201)
  })

  it.each([
    'x.skypanel.localhost',
    'a.internal',
    'Upper.example.org',
    'no-dot',
    '*.example.org',
    'a..b',
    'a b.org',
    '127.0.0.1',
    `${'x'.repeat(64)}.org`,
    'exämple.org',
  ])('of the kind %s are refused', async (hostname) => {
    const reply = await add(hostname)
    expect(reply.status).toBe(422)
    expect(['invalid_params', 'name_invalid']).toContain(reply.body.id)
  })
})
