import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startApi, type TestApi } from '../../test/support/api.ts'
import type { NodeVolume } from '../contract/volumes.ts'
import { DomainError } from '../domain/errors.ts'
import { allVolumes } from '../store/volumes.ts'
import type { NodeVolumes } from './node-volumes.ts'

/** A node with room for 100 MB. */
function smallNode(): NodeVolumes & { readonly disks: Map<string, NodeVolume>; attached: string | null } {
  const disks = new Map<string, NodeVolume>()
  const get = (id: string) => {
    const disk = disks.get(id)
    if (disk === undefined) throw new DomainError('conflict', 'The volume is not on this node.')
    return disk
  }
  const node: ReturnType<typeof smallNode> = {
    disks,
    attached: null,
    async make(_app, volume, sizeMb) {
      if (sizeMb > 100) throw new DomainError('disk_full', `needs ${sizeMb} MB; the node has 100 MB free`)
      disks.set(volume, { volume, sizeMb, diskMb: sizeMb, attached: node.attached, snapshots: [] })
      return { live: node.attached === null }
    },
    list: async () => [...disks.values()],
    async remove(_app, volume) {
      if (node.attached !== null) throw new DomainError('conflict', `${node.attached} has the volume`)
      disks.delete(volume)
    },
    async snapshot(_app, volume, name) {
      disks.set(volume, { ...get(volume), snapshots: [{ name, mb: 1 }] })
    },
    restore: async (_app, volume) => void get(volume),
    async removeSnapshot(_app, volume) {
      disks.set(volume, { ...get(volume), snapshots: [] })
    },
  }
  return node
}

const node = smallNode()
let api: TestApi
beforeAll(async () => {
  api = await startApi((deps) => ({ ...deps, deploy: { ...deps.deploy, volumes: node } }))
  await api.call('POST', '/api/apps', { body: { name: 'shop' } })
})
afterAll(() => api[Symbol.asyncDispose]())

const at = '/api/apps/shop/volumes'
const create = (body: object) =>
  api.call('POST', at, { body: { name: 'data', mount: '/app/data', size_mb: 32, ...body } })

describe('a volume', () => {
  it('is made, listed, grown and destroyed, each with a line in the audit', async () => {
    const made = await create({})
    expect([made.status, made.body]).toMatchObject([201, { name: 'data', type: 'web', size_mb: 32 }])
    expect((await api.call('GET', at)).body).toMatchObject([{ name: 'data', mount: '/app/data' }])
    node.attached = 'web.1'
    const grown = await api.call('PATCH', `${at}/data`, { body: { size_mb: 64 } })
    expect(grown.body).toMatchObject({ size_mb: 64, attached: 'web.1', live: false })
    expect((await api.call('PATCH', `${at}/data`, { body: { size_mb: 40 } })).body.id).toBe('invalid_params')
    expect((await api.call('DELETE', `${at}/data?confirm=data`)).body.id).toBe('conflict')
    node.attached = null
    expect((await api.call('DELETE', `${at}/data?confirm=other`)).body.id).toBe('confirmation_missing')
    expect((await api.call('DELETE', `${at}/data?confirm=data`)).status).toBe(200)
    expect((await api.call('GET', at)).body).toEqual([])
    const lines = await api.db.query<{ action: string }>(
      `SELECT action FROM audit WHERE action LIKE 'volume.%'`,
    )
    expect(lines.map(({ action }) => action)).toEqual(['volume.create', 'volume.grow', 'volume.destroy'])
  })

  it('that the disk is too short for leaves no row, and the refusal has the numbers', async () => {
    const { status, body } = await create({ size_mb: 500 })
    expect([status, body.id]).toEqual([507, 'disk_full'])
    expect(String(body['message'])).toContain('500 MB')
    expect(await allVolumes(api.db)).toEqual([])
  })

  it('has a name and a place of its own, below /app', async () => {
    await create({})
    expect((await create({ mount: '/app/other' })).body.id).toBe('name_taken')
    expect((await create({ name: 'second' })).body.id).toBe('name_taken')
    for (const mount of ['/data', '/app', '/app/../etc', '/app/a:b', '/app/a b'])
      expect((await create({ name: 'third', mount })).status).toBe(422)
    expect((await create({ name: 'third', mount: '/app/third', type: 'release' })).status).toBe(422)
  })

  it('has snapshots that are restored only by who repeats its name', async () => {
    const { body } = await api.call('POST', `${at}/data/snapshots`)
    const [{ name } = { name: '' }] = body['snapshots'] as { name: string }[]
    expect(name).toMatch(/^\d{8}-\d{6}$/)
    const restore = (confirm: string) =>
      api.call('POST', `${at}/data/snapshots/${name}/restore?confirm=${confirm}`)
    expect((await restore('no')).body.id).toBe('confirmation_missing')
    expect((await restore('data')).status).toBe(200)
    expect((await api.call('DELETE', `${at}/data/snapshots/..%2f..%2fx`)).status).toBe(404)
    expect((await api.call('DELETE', `${at}/data/snapshots/${name}`)).body['snapshots']).toEqual([])
  })
})
