import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApi, type TestApi } from '../../test/support/api.ts'
import { AppId } from '../contract/ids.ts'
import { allNetworks } from '../store/networks.ts'
import { nodeNetwork } from './node-network.ts'

let api: TestApi
beforeAll(async () => {
  api = await startApi()
  for (const name of ['shop', 'stock', 'other']) await api.call('POST', '/api/apps', { body: { name } })
})
afterAll(() => api[Symbol.asyncDispose]())

const idOf = async (name: string) => AppId.parse((await api.call('GET', `/api/apps/${name}`)).body.id)
const told = async () => (await allNetworks(api.db)).map(nodeNetwork)

describe('what an app may reach', () => {
  it('is the public network until it is set, and is then told to the node as rules', async () => {
    expect((await api.call('GET', '/api/apps/shop/egress')).body).toMatchObject({ policy: 'open', allow: [] })
    const set = await api.call('PUT', '/api/apps/shop/egress', {
      body: { policy: 'allow', allow: ['API.example.com:443', '198.51.100.0/24', 'api.example.com:443'] },
    })
    expect(set.status).toBe(200)
    expect(set.body).toMatchObject({ policy: 'allow', allow: ['api.example.com:443', '198.51.100.0/24'] })
    expect(await told()).toMatchObject([
      {
        app: await idOf('shop'),
        egress: {
          policy: 'allow',
          rules: [
            { target: { kind: 'host', host: 'api.example.com' }, ports: [443, 443] },
            { target: { kind: 'network', network: '198.51.100.0/24' }, ports: null },
          ],
        },
      },
    ])
  })

  it('says so when the node does not answer', async () => {
    const { body } = await api.call('PUT', '/api/apps/shop/egress', { body: { policy: 'none' } })
    expect(body['applied']).toBe(false)
  })

  it('refuses what could never be opened, and changes nothing', async () => {
    const { status, body } = await api.call('PUT', '/api/apps/shop/egress', {
      body: { policy: 'allow', allow: ['169.254.169.254'] },
    })
    expect([status, body.id]).toEqual([422, 'invalid_params'])
    expect(String(body['message'])).toMatch(/169\.254\.0\.0\/16 is not public/)
    expect((await told())[0]?.egress.policy).toBe('none')
  })

  it('has a higher revision with each change, and a line in the audit', async () => {
    const [before] = await told()
    await api.call('PUT', '/api/apps/shop/egress', { body: { policy: 'registries' } })
    const [after] = await told()
    expect(after?.revision).toBeGreaterThan(before?.revision ?? Number.POSITIVE_INFINITY)
    const lines = await api.db.query<{ detail: object }>(
      `SELECT detail FROM audit WHERE action = 'egress.set'`,
    )
    expect(lines.map(({ detail }) => detail)).toContainEqual({ policy: 'none', allow: [] })
  })
})

describe('a link', () => {
  it('is added once, listed with its address, and removed', async () => {
    for (let i = 0; i < 2; i++)
      expect((await api.call('POST', '/api/apps/shop/links', { body: { app: 'stock' } })).status).toBe(201)
    const { body } = await api.call('GET', '/api/apps/shop/links')
    expect(body).toMatchObject([{ app: 'stock', host: 'web.stock.internal' }])
    expect((await told())[0]?.links).toEqual([await idOf('stock')])
    expect((await api.call('GET', '/api/apps/stock/links')).body).toEqual([])
    expect((await api.call('DELETE', '/api/apps/shop/links/stock')).status).toBe(200)
    expect((await api.call('DELETE', '/api/apps/shop/links/stock')).status).toBe(404)
  })

  it('needs the right to manage both apps', async () => {
    const { token } = await api.account('stranger@example.org')
    await api.call('POST', '/api/apps', { token, body: { name: 'mine' } })
    const refused = await api.call('POST', '/api/apps/mine/links', { token, body: { app: 'stock' } })
    expect([refused.status, refused.body.id]).toEqual([404, 'app_not_found'])
    const self = await api.call('POST', '/api/apps/mine/links', { token, body: { app: 'mine' } })
    expect(self.status).toBe(422)
  })

  it('ends with the app that it leads to, and the node sees a new revision', async () => {
    await api.call('POST', '/api/apps/shop/links', { body: { app: 'other' } })
    const before = (await told())[0]
    await api.db.query('DELETE FROM apps WHERE name = $1', ['other'])
    const after = (await told())[0]
    expect(after?.links).toEqual([])
    expect(after?.revision).toBeGreaterThan(before?.revision ?? Number.POSITIVE_INFINITY)
  })
})
