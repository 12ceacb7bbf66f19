import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { appEndpoints } from '../server/contract/apps.ts'
import { releaseEndpoints } from '../server/contract/releases.ts'
import { makeBom } from '../server/bom/make-bom.ts'
import { sampleApp, sampleBuild, sampleDeployment, uuid } from '../test/support/api-samples.ts'
import { type ApiServer, Refusal } from '../test/support/api-server.ts'
import type { CliBench } from '../test/support/cli.ts'
import { inCliWorlds } from '../test/support/cli-world.ts'

let api: ApiServer
let bench: CliBench
inCliWorlds({ SKYPANEL_TOKEN: 'good', SKYPANEL_APP: 'shop' }, (world) => ({ api, bench } = world))

/** A platform on which every build goes as told, and that remembers what it was asked for. */
function builds(state: 'succeeded' | 'failed' = 'succeeded', reason: string | null = null) {
  api.on(releaseEndpoints.upload, () => ({ id: uuid(9), commit: 'a'.repeat(40), files: 2, bytes: 10 }))
  api.on(releaseEndpoints.createBuild, () => ({
    build: sampleBuild({ id: uuid(4), state: 'pending' }),
    deployment: uuid(5),
  }))
  api.onStream(releaseEndpoints.buildLog, async function* () {
    yield { id: 1, data: { seq: 1, text: '-----> Building' } }
    yield { id: 2, data: { seq: 2, text: '       Released v3' } }
  })
  api.on(releaseEndpoints.deployment, () => sampleDeployment({ kind: 'push', state, reason }))
}

const asked = (path: string) => api.calls.find((call) => call.path === path)?.body

async function folder(name: string): Promise<string> {
  const place = join(bench.folder, name)
  await mkdir(join(place, 'node_modules'), { recursive: true })
  await writeFile(join(place, 'index.html'), 'hello')
  await writeFile(join(place, 'node_modules', 'x.js'), 'x')
  await writeFile(join(place, '.gitignore'), 'node_modules\n')
  return place
}

describe('deploy', () => {
  it('uploads what git would take of the folder, and shows the build to its end', async () => {
    builds()
    const cwd = await folder('shop')
    const done = await bench.run(['deploy'], { cwd })
    expect(done).toEqual({
      code: 0,
      stdout: '-----> Building\n       Released v3\n',
      stderr: 'Uploading shop… done, 2 files\n',
    })
    const archive = asked('/api/apps/shop/sources') as Buffer
    const listed = execFileSync('tar', ['-tzf', '-'], { input: archive, encoding: 'utf8' })
    expect(listed).toBe('./\n.gitignore\nindex.html\n')
    expect(asked('/api/apps/shop/builds')).toEqual({
      source: { kind: 'upload', upload: uuid(9), label: 'shop' },
    })
  })

  it('names the commit of the folder, with a mark where files differ from it', async () => {
    builds()
    const cwd = await folder('repo')
    for (const args of [
      ['init', '-q'],
      ['add', '.'],
      ['commit', '-qm', 'one'],
    ])
      await bench.git(args, { cwd })
    const { stdout: head } = await bench.git(['rev-parse', '--short=8', 'HEAD'], { cwd })
    expect((await bench.run(['deploy', cwd])).stderr).toContain(`Uploading ${head.trim()}…`)
    await writeFile(join(cwd, 'index.html'), 'changed')
    expect((await bench.run(['deploy', cwd])).stderr).toContain(`Uploading ${head.trim()}+…`)
  })

  it('that fails says why and exits with 1', async () => {
    builds('failed', 'The app crashed at boot')
    const done = await bench.run(['deploy', await folder('bad')])
    expect(done.code).toBe(1)
    expect(done.stderr).toContain('The deploy failed: The app crashed at boot')
  })

  it('of no folder, or of an empty one, is refused', async () => {
    expect((await bench.run(['deploy', 'nowhere'])).stderr).toContain('nowhere is not a folder.')
    await mkdir(join(bench.folder, 'empty'))
    expect((await bench.run(['deploy', 'empty'])).stderr).toContain('There is nothing to deploy in')
  })

  it('tells what the platform says of an archive that it refuses', async () => {
    api.on(releaseEndpoints.upload, () => {
      throw new Refusal('too_large', 'The archive is larger than 150 MB.')
    })
    const done = await bench.run(['deploy', await folder('large')])
    expect(done.code).toBe(1)
    expect(done.stderr).toContain('The archive is larger than 150 MB.')
  })
})

describe('builds:create', () => {
  it('has the platform fetch a git repository; a token comes from the environment', async () => {
    builds()
    const args = ['builds:create', '--git', 'https://git.example.com/me/shop.git', '--ref', 'v2']
    expect((await bench.run(args, { env: { SKYPANEL_GIT_TOKEN: 't/k' } })).code).toBe(0)
    expect(asked('/api/apps/shop/builds')).toEqual({
      source: { kind: 'git', url: 'https://git:t%2Fk@git.example.com/me/shop.git', ref: 'v2' },
    })
  })

  it('sends an archive as it is', async () => {
    builds()
    const file = join(bench.folder, 'shop.tgz')
    await writeFile(file, 'an archive')
    expect((await bench.run(['builds:create', '--archive', file])).code).toBe(0)
    expect((asked('/api/apps/shop/sources') as Buffer).toString()).toBe('an archive')
  })

  it('takes one source alone', async () => {
    const done = await bench.run(['builds:create', '--git', 'https://x/y', '--dir', '.'])
    expect(done.code).toBe(2)
    expect(done.stderr).toContain('Only one of --dir, --archive and --git can be built.')
  })
})

describe('builds:rebuild', () => {
  it('builds what serves again, with the newest tools if it is told to', async () => {
    builds()
    expect((await bench.run(['builds:rebuild', '--upgrade'])).code).toBe(0)
    expect(asked('/api/apps/shop/builds')).toEqual({ source: { kind: 'build', upgrade: true } })
  })

  it('does not wait when it is told not to', async () => {
    builds()
    const done = await bench.run(['builds:rebuild', uuid(4), '--no-wait'])
    expect(done).toMatchObject({
      code: 0,
      stdout: '',
      stderr: `Build ${uuid(4)} began. Follow it: skypanel builds:log ${uuid(4)} --app shop\n`,
    })
    expect(asked('/api/apps/shop/builds')).toMatchObject({ source: { kind: 'build', build: uuid(4) } })
  })
})

it('releases:sbom prints the document of the release that serves', async () => {
  const facts = { app: 'shop', version: 3, build: uuid(4), commit: null, stack: 'skypanel-13', platform: '0' }
  const bom = makeBom({ ...facts, time: '2026-11-21T12:00:00.000Z' }, [], [])
  api.on(appEndpoints.info, () =>
    sampleApp('shop', {
      release: { version: 3, commit: null, description: 'x', created_at: '2026-11-21T12:00:00.000Z' },
    }),
  )
  api.on(releaseEndpoints.sbom, ({ params }) => {
    expect(params.version).toBe('3')
    return bom
  })
  const { code, stdout } = await bench.run(['releases:sbom'])
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toEqual(bom)
})

it('apps:update sets what a known vulnerability does, and refuses other words', async () => {
  api.on(appEndpoints.update, ({ body }) => {
    expect(body).toEqual({ vulnerability_policy: 'block' })
    return sampleApp('shop', { vulnerability_policy: 'block' })
  })
  expect((await bench.run(['apps:update', '--vulnerabilities', 'block'])).code).toBe(0)
  const wrong = await bench.run(['apps:update', '--vulnerabilities', 'maybe'])
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('off, warn or block, not "maybe"') })
})

it('apps:update says what new instances run in, or leaves it to the app and the node', async () => {
  const seen: unknown[] = []
  api.on(appEndpoints.update, ({ body }) => {
    seen.push(body)
    return sampleApp('shop')
  })
  expect((await bench.run(['apps:update', '--driver', 'lxc'])).code).toBe(0)
  expect((await bench.run(['apps:update', '--driver', 'none'])).code).toBe(0)
  expect(seen).toEqual([{ driver: 'lxc' }, { driver: null }])
  const wrong = await bench.run(['apps:update', '--driver', 'docker'])
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('nspawn, lxc, fake or none') })
})
