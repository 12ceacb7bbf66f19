import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fakeApp, startFakePlatform, type FakePlatform } from '../../test/support/fake-platform.ts'
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

const asking = (driver: string, note: string) => ({
  ...fakeApp({ note }),
  'skypanel.toml': `[runtime]\ndriver = "${driver}"\n`,
})

/** What the node was told to run instances of a release in. */
async function toldFor(release: number): Promise<(string | undefined)[]> {
  const folder = join(platform.home, 'instances')
  const specs = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const file = JSON.parse(await readFile(join(folder, name, 'spec.json'), 'utf8')) as {
        spec: { release: number; driver?: string }
      }
      return file.spec
    }),
  )
  return specs.filter((spec) => spec.release === release).map(({ driver }) => driver)
}

describe('what an app runs in', () => {
  it('is the node’s choice, what its source asks for, or what it is set to, in this order', async () => {
    const app = await apps.make()
    await app.work.change(fakeApp({ note: 'one' }))
    expect(await app.work.push()).toMatchObject({ code: 0 })
    expect(await toldFor(1)).toEqual([undefined])

    await app.work.change(asking('fake', 'two'))
    expect(await app.work.push()).toMatchObject({ code: 0 })
    expect(await toldFor(2)).toEqual(['fake'])

    expect(await app.call('PATCH', '', { driver: 'fake' })).toMatchObject({ driver: 'fake' })
    // What it is set to wins over what its source asks for and the node does not have.
    await app.work.change(asking('lxc', 'three'))
    expect(await app.work.push()).toMatchObject({ code: 0 })
    expect(await toldFor(3)).toEqual(['fake'])
  })

  it('is refused where the node does not have it, with what it has, and the old release goes on', async () => {
    const app = await apps.make()
    await app.work.change(fakeApp({ note: 'one' }))
    expect(await app.work.push()).toMatchObject({ code: 0 })
    await app.work.change(asking('lxc', 'two'))
    const refused = await app.work.push()
    expect(refused.code).not.toBe(0)
    expect(refused.text).toContain(
      'The node cannot run instances by lxc: it has no such driver. It has fake.',
    )
    expect(refused.text).toContain('Change `driver` below [runtime] in skypanel.toml')
    expect(await app.serving()).toEqual(['web v1'])
    expect(await app.call('PATCH', '', { driver: 'nspawn' })).toMatchObject({
      id: 'invalid_params',
      message: expect.stringContaining('It has fake.') as string,
    })
  })
})
