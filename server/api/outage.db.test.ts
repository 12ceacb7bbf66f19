import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApi, type TestApi } from '../../test/support/api.ts'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
})
afterAll(() => api[Symbol.asyncDispose]())

describe('while the database is away', () => {
  it('every request is told so, and the first one after it is served', async () => {
    const { token } = await api.account('ada@example.org')
    await api.gate.shut()
    const replies = await Promise.all([
      api.call('GET', '/api/health', { token: null }),
      api.call('GET', '/api/apps', { token }),
      api.call('POST', '/api/apps', { token, body: { name: 'shop' } }),
    ])
    for (const reply of replies) {
      expect(reply).toMatchObject({
        status: 503,
        body: { id: 'database_unavailable', message: expect.stringMatching(/try it again/) },
      })
      expect(reply.headers.get('retry-after')).toBe('1')
    }
    expect(await api.call('GET', '/api/openapi.json', { token: null })).toMatchObject({ status: 200 })
    await api.gate.open()
    expect(await api.call('POST', '/api/apps', { token, body: { name: 'shop' } })).toMatchObject({
      status: 201,
    })
  })
})

describe('the state of the platform', () => {
  it('names each process that does not answer', async () => {
    const { status, body } = await api.call('GET', '/api/status')
    expect(status).toBe(200)
    const components = body['components'] as { name: string; ok: boolean; detail: string }[]
    expect(components.map(({ name, ok }) => [name, ok])).toEqual([
      ['server', true],
      ['database', true],
      ['agent', false],
      ['directory', false],
      ['logs', false],
    ])
    expect(components[1]?.detail).toMatch(/^PostgreSQL \d+/)
    expect(components[2]?.detail).toContain('agent.sock')
    expect(body['registry']).toEqual({ active: 'embedded', consul: 'not used (SKYPANEL_REGISTRY=embedded)' })
  })
})
