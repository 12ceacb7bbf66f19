import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Node } from '../contract/cluster.ts'
import { startFakePlatform, until, type FakePlatform } from '../../test/support/fake-platform.ts'
import { pushedApps, type PushedApps } from '../../test/support/pushed-apps.ts'

let platform: FakePlatform
let apps: PushedApps

beforeAll(async () => {
  platform = await startFakePlatform()
  apps = pushedApps(platform)
}, 120_000)
afterAll(async () => {
  await apps.remove()
  await platform[Symbol.asyncDispose]()
})

const nodes = () => platform.api<Node[]>('GET', '/nodes')
const cordon = (cordoned: boolean) => platform.api<Node>('PATCH', '/nodes/local', { cordoned })

describe('a node', () => {
  it('shows what it has, what is promised on it and what is used', async () => {
    const app = await apps.make({})
    await app.call('PATCH', '/formation', { updates: [{ type: 'web', quantity: 2, size: 'standard-2x' }] })
    const [node] = await nodes()
    expect(node).toMatchObject({
      name: 'local',
      reachable: true,
      cordoned_at: null,
      allocated: { memory_mb: 2048, cpu_milli: 4000, instances: 2 },
      memory_overcommit: 8,
    })
    expect(node?.total?.memory_mb).toBeGreaterThan(node?.used?.memory_mb ?? Number.POSITIVE_INFINITY)
    await app.call('PATCH', '/formation', { updates: [{ type: 'web', quantity: 1, size: 'standard-1x' }] })
  })

  it('refuses what does not fit, with the figures, and changes nothing then', async () => {
    const app = await apps.make({})
    await until('the size of the node is known', async () => (await nodes())[0]?.total)
    await platform.db.query(`UPDATE nodes SET resources = jsonb_set(resources, '{memoryMb}', '512')`)
    const ask = { updates: [{ type: 'web', quantity: 100 }] }
    const refused = await app.call<{ id: string; message: string }>('PATCH', '/formation', ask)
    expect(refused.id).toBe('no_room')
    expect(refused.message).toContain(
      'it needs 50,688 MB more, and 1,024 MB are promised already. The node local has 512 MB of memory',
    )
    expect(await app.call('GET', '/formation')).toMatchObject([{ type: 'web', quantity: 1 }])
    expect(
      await app.call('POST', '/runs', { command: 'fake', attach: false, size: 'performance-l' }),
    ).toMatchObject({ id: 'no_room' })
    expect(await app.call('POST', '/runs', { command: 'fake', attach: false, size: 'huge' })).toMatchObject({
      id: 'invalid_params',
    })
    expect(await app.call('PATCH', '/formation', { updates: [{ type: 'web', quantity: 0 }] })).toMatchObject([
      { quantity: 0 },
    ])
  })

  it('that is cordoned takes nothing new, and keeps what runs', async () => {
    const app = await apps.make({})
    expect(await cordon(true)).toMatchObject({ name: 'local', cordoned_at: expect.any(String) as string })
    expect(await app.call('POST', '/restart', {})).toMatchObject({ id: 'no_room' })
    expect(await app.call('PATCH', '/formation', { updates: [{ type: 'web', quantity: 2 }] })).toMatchObject({
      id: 'no_room',
    })
    const { code, text } = await app.push({ web: 'fake ready=1ms' })
    expect(code).not.toBe(0)
    expect(text).toContain('the node local is cordoned')
    expect(await app.serving()).toEqual(['web v1'])
    expect(await cordon(false)).toMatchObject({ cordoned_at: null })
    expect((await app.push({ web: 'fake ready=2ms' })).code).toBe(0)
    expect(await platform.api('PATCH', '/nodes/moon', { cordoned: true })).toMatchObject({ id: 'not_found' })
  })
})
