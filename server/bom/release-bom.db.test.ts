import { mkdir, writeFile } from 'node:fs/promises'
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

describe('what a release holds', () => {
  it('is told as CycloneDX from its lock file and from what is installed', async () => {
    const app = await apps.make()
    await app.work.change({
      ...fakeApp({}),
      'composer.lock': JSON.stringify({ packages: [{ name: 'monolog/monolog', version: 'v2.0.0' }] }),
      'node_modules/left-pad/package.json': JSON.stringify({ name: 'left-pad', version: '1.3.0' }),
    })
    expect(await app.work.push()).toMatchObject({ code: 0 })
    const bom = await app.call<{ components: { purl?: string }[]; metadata: object }>(
      'GET',
      '/releases/v1/sbom',
    )
    expect(bom.components.map(({ purl }) => purl)).toEqual([
      undefined,
      'pkg:composer/monolog/monolog@2.0.0',
      'pkg:npm/left-pad@1.3.0',
    ])
    expect(bom.metadata).toMatchObject({ component: { name: app.name, version: 'v1' } })
  })

  it('is checked against a folder of OSV files, told, and ends the deploy where the app wants that', async () => {
    const folder = join(platform.home, 'osv')
    await mkdir(folder)
    await writeFile(
      join(folder, 'GHSA-test.json'),
      JSON.stringify({
        id: 'GHSA-aaaa-bbbb-cccc',
        summary: 'Anything goes',
        database_specific: { severity: 'HIGH' },
        affected: [
          {
            package: { ecosystem: 'npm', name: 'left-pad' },
            ranges: [{ type: 'SEMVER', events: [{ introduced: '0' }, { fixed: '1.3.1' }] }],
          },
        ],
      }),
    )
    await platform.stopServer()
    await platform.startServer({ SKYPANEL_OSV: folder })
    const app = await apps.make({ web: 'fake' })
    const files = {
      ...fakeApp({ note: 'x' }),
      'node_modules/left-pad/package.json': JSON.stringify({ name: 'left-pad', version: '1.3.0' }),
    }
    await app.work.change(files)
    const warned = await app.work.push()
    expect(warned.text).toContain('Looked for known vulnerabilities in 1 package')
    expect(warned.text).toContain(
      '!     left-pad 1.3.0 (npm): high: Anything goes (GHSA-aaaa-bbbb-cccc), fixed in 1.3.1',
    )
    expect(warned.code).toBe(0)
    const bom = await app.call<{ vulnerabilities: object[] }>('GET', '/releases/2/sbom')
    expect(bom.vulnerabilities).toMatchObject([
      {
        id: 'GHSA-aaaa-bbbb-cccc',
        affects: [{ ref: 'pkg:npm/left-pad@1.3.0' }],
        ratings: [{ severity: 'high' }],
      },
    ])
    expect(await app.call('PATCH', '', { vulnerability_policy: 'block' })).toMatchObject({
      vulnerability_policy: 'block',
    })
    await app.work.change({ ...files, 'note.txt': 'again' })
    const blocked = await app.work.push()
    expect(blocked.code).not.toBe(0)
    expect(blocked.text).toContain(
      'Push rejected: the release would hold a known vulnerability: left-pad 1.3.0',
    )
    expect(await app.serving()).toEqual(['web v2'])
    await app.call('PATCH', '', { vulnerability_policy: 'off' })
    await app.work.change({ ...files, 'note.txt': 'off' })
    const off = await app.work.push()
    expect(off.text).not.toContain('vulnerabilities')
    expect(off.code).toBe(0)
  })
})
