import { readdir, readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { Build } from '../../server/contract/releases.ts'
import { Inside, soon } from '../support/installation.ts'
import { Load } from '../support/load.ts'
import { TestPlatform, type TestApp, until } from '../support/platform.ts'
import { startPush } from '../support/pushing.ts'

let platform: TestPlatform
let inside: Inside
let app: TestApp
let id: string
beforeAll(async () => {
  platform = await TestPlatform.load()
  inside = await Inside.of(platform.facts.home)
  app = await platform.app('express')
  await app.deploy()
  id = (await app.json(z.object({ id: z.string() }), 'info')).id
})
afterAll(async () => {
  await app.forget()
  await inside[Symbol.asyncDispose]()
  await platform[Symbol.asyncDispose]()
})

/** Commits a version whose build says so, takes a while, and says so again. */
async function slowBuild(version: string, seconds: number): Promise<void> {
  const text = await readFile(join(app.folder, 'package.json'), 'utf8')
  const scripts = { build: `echo building ${version}; sleep ${seconds}; echo built ${version}` }
  await app.write('package.json', JSON.stringify({ ...JSON.parse(text), scripts }, null, 2))
  await app.write('version.txt', `${version}\n`)
}

const linesOf = async (text: string) =>
  (
    await inside.db.query(
      'SELECT 1 FROM build_lines JOIN builds ON builds.id = build_id WHERE app_id = $1 AND ltrim(build_lines.text) = $2',
      [id, text],
    )
  ).length

/** The build's own command runs; the line that npm prints before it holds more. */
const isBuilding = (version: string) =>
  soon(`the build of ${version}`, async () => (await linesOf(`building ${version}`)) === 1, 60_000)

const newestBuild = () => app.json(Build, 'builds:info')

const serves = (version: string) =>
  until(
    `${version} is live`,
    () => app.text('/version'),
    (text) => text === version,
  )

/** Nothing of a build runs any more. */
const noBuild = () => soon('no process of a build', async () => (await inside.processes('b')).length === 0)

async function expectBranchAtHead(): Promise<void> {
  const again = await app.push()
  expect(again).toMatchObject({ code: 0 })
  expect(again.stderr).toContain('Everything up-to-date')
}

it('a server that is killed in the middle of a build carries the push on, and its log holds every line once', async () => {
  await slowBuild('killed', 4)
  const push = startPush(app)
  await isBuilding('killed')
  await inside.killed('server')
  // The pusher's own connection ended with the server; the build did not.
  await push.done
  await serves('killed')
  const { stdout } = await app.run(['builds:log'])
  expect(stdout).toContain('built killed')
  expect(await linesOf('building killed')).toBe(1)
  expect(await linesOf('built killed')).toBe(1)
  await until('the outcome of the build', newestBuild, ({ state }) => state === 'succeeded')
  await noBuild()
  await expectBranchAtHead()
})

it('Ctrl-C at the pusher does not stop the build, and builds:log follows it to its end', async () => {
  await slowBuild('interrupted', 3)
  const push = startPush(app)
  await isBuilding('interrupted')
  push.interrupt()
  expect((await push.done).code).not.toBe(0)
  const log = await app.run(['builds:log'])
  expect(log.code).toBe(0)
  expect(log.stdout).toContain('built interrupted')
  await serves('interrupted')
  await until('the end of the deployment', app.releases.bind(app), ([newest]) => newest?.state === 'live')
  await expectBranchAtHead()
})

it('builds:cancel ends a running build, leaves no process of it, and changes nothing', async () => {
  const live = await app.live()
  await slowBuild('canceled', 600)
  const push = startPush(app)
  await isBuilding('canceled')
  expect((await inside.processes('b')).map(({ argv }) => argv)).toContain('sleep 600')
  const asked = performance.now()
  expect((await app.run(['builds:cancel'])).code).toBe(0)
  const { code, stderr } = await push.done
  console.log(
    `canceled: the pusher was told ${Math.round(performance.now() - asked)} ms after the command began`,
  )
  expect(code).not.toBe(0)
  expect(stderr).toMatch(/remote: .*!.*Push rejected.*cancel/)
  await noBuild()
  expect((await newestBuild()).state).toBe('canceled')
  expect(await app.text('/version')).toBe('interrupted')
  expect(await app.live()).toBe(live)
  await app.git('reset', '-q', '--hard', 'HEAD~2')
})

it('a push whose client goes away before all of it has arrived leaves nothing', async () => {
  const builds = async () => (await inside.db.query('SELECT 1 FROM builds WHERE app_id = $1', [id])).length
  const before = await builds()
  const repository = join(inside.at.git, `${id}.git`)
  // Of a push whose server was killed something may be left, which is swept when it is old.
  const quarantines = async () =>
    (await readdir(join(repository, 'objects'))).filter((name) => name.startsWith('tmp_objdir'))
  const earlier = await quarantines()
  const command = `${'0'.repeat(40)} ${'1'.repeat(40)} refs/heads/main\0 report-status side-band-64k`
  const token = (await readFile(platform.facts.tokenFile, 'utf8')).trim()
  await new Promise<void>((resolve) => {
    const url = `${app.gitUrl.replace('//localhost', '//127.0.0.1')}/git-receive-pack`
    const asking = request(url, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`x:${token}`).toString('base64')}`,
        'content-type': 'application/x-git-receive-pack-request',
      },
    })
    asking.on('error', () => undefined)
    asking.on('close', resolve)
    asking.write(`${(command.length + 4).toString(16).padStart(4, '0')}${command}0000PACK`)
    // git has begun to receive: it holds the objects apart until its hook has spoken.
    void soon('git receives', async () => (await receivers(repository)).length > 0).finally(() =>
      asking.destroy(),
    )
  })
  await soon('no git of the push', async () => (await receivers(repository)).length === 0)
  expect(await builds()).toBe(before)
  expect(await quarantines()).toEqual(earlier)
  expect((await app.git('ls-remote', 'skypanel', 'refs/heads/main')).stdout).not.toContain('1'.repeat(40))
})

/** Programs that receive into a repository. */
async function receivers(repository: string): Promise<string[]> {
  const found: string[] = []
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const argv = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (argv.includes(repository) && argv.includes('receive-pack')) found.push(pid)
  }
  return found
}

it('a database that is away during a deploy is told, the app is served, and the deploy ends once it is back', async () => {
  if (inside.installation.database.kind === 'external') return
  const before = (await app.releases()).length
  const load = new Load(app)
  await slowBuild('without-database', 2)
  const push = startPush(app)
  await isBuilding('without-database')
  await inside.stop('postgres')
  const told = await app.run(['releases'])
  expect(told.code).not.toBe(0)
  expect(told.stderr).toMatch(/database does not answer/)
  const refused = await app.git('ls-remote', 'skypanel')
  expect(refused.code).not.toBe(0)
  expect(refused.stderr).toContain('503')
  await inside.start('postgres')
  const { code, stderr } = await push.done
  expect({ code, stderr }).toMatchObject({ code: 0 })
  // npm shows the command before it runs it, in a longer line.
  expect(stderr.match(/^remote: +built without-database\s*$/gm)).toHaveLength(1)
  expect(await load.stop()).toEqual([])
  expect(await app.text('/version')).toBe('without-database')
  const releases = await app.releases()
  expect(releases).toHaveLength(before + 1)
  expect(releases.filter(({ state }) => state === 'live')).toHaveLength(1)
  await expectBranchAtHead()
})
