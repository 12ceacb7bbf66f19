import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { ProcessName } from '../../runtime/supervisor/process.ts'
import { Inside, soon } from '../support/installation.ts'
import { Load, openSocket } from '../support/load.ts'
import { TestPlatform, type TestApp, until } from '../support/platform.ts'

let platform: TestPlatform
let inside: Inside
let app: TestApp
let id: string
beforeAll(async () => {
  platform = await TestPlatform.load()
  inside = await Inside.of(platform.facts.home)
  app = await platform.app('express')
  await app.deploy()
  await app.run(['scale', 'web=2'])
  id = (await app.json(z.object({ id: z.string() }), 'info')).id
  await soon('two ready instances', async () => (await readyIds()).length === 2)
})
afterAll(async () => {
  await app.forget()
  await inside[Symbol.asyncDispose]()
  await platform[Symbol.asyncDispose]()
})

/** The instances of the app that serve, as the agent sees them. */
async function readyIds(): Promise<string[]> {
  const { instances } = await inside.agent().observe()
  return instances
    .filter((one) => one.app === id && one.state.status === 'ready')
    .map((one) => one.id as string)
    .sort()
}

const apiAnswers = () =>
  until(
    'an answer of the API',
    () => app.run(['info', '--json']),
    ({ code }) => code === 0,
  )

/** How often a word stands in the app's log, once it is there at all. */
async function timesLogged(word: string): Promise<number> {
  const { stdout } = await until(
    `${word} in the log`,
    () => app.run(['logs', '--num', '400']),
    (done) => done.stdout.includes(word),
  )
  return stdout.split(word).length - 1
}

const processes: readonly ProcessName[] = [
  'server',
  'agent',
  'directory',
  'edge',
  'logs',
  'consul',
  'postgres',
]

describe('a process that is killed comes back, and no request, no WebSocket and no log line is lost', () => {
  it.each(processes)('%s', async (name) => {
    // Consul may still be compiled on a machine where no package has it, and an operator may bring the database.
    if (!(await inside.running()).includes(name)) {
      expect(['consul', 'postgres']).toContain(name)
      return
    }
    const before = await readyIds()
    const socket = await openSocket(app)
    const load = new Load(app)
    await soon('some load', () => load.sent >= 20)
    const killed = await inside.signal(name, 'SIGKILL')
    const word = `during-${name}-${Date.now()}`
    expect((await app.fetch(`/say/${word}`)).status).toBe(200)
    await inside.back(name, killed)
    await apiAnswers()
    expect(await timesLogged(word)).toBe(1)
    const sent = load.sent
    await soon('more load', () => load.sent >= sent + 30)
    expect(await load.stop()).toEqual([])
    expect(socket.isClosed()).toBe(false)
    expect(await socket.echo('still')).toContain('still')
    socket.close()
    // Nothing was started anew because somebody else was.
    await soon('the same instances', async () => (await readyIds()).join() === before.join())
  })

  it('and the next push goes live', async () => {
    await app.write('version.txt', 'after\n')
    await app.deploy()
    expect(await app.text('/version')).toBe('after')
  })
})

it('a router that is killed is back soon, and loses only what came meanwhile', async () => {
  const load = new Load(app)
  await soon('some load', () => load.sent >= 20)
  await inside.killed('caddy')
  const back = load.now()
  const sent = load.sent
  await soon('more load', () => load.sent >= sent + 100)
  const failures = await load.stop()
  expect(failures.filter(({ at }) => at > back)).toEqual([])
  const socket = await openSocket(app)
  expect(await socket.echo('again')).toContain('again')
  socket.close()
})

it('the whole control plane may be away at once, and apps are served', async () => {
  const load = new Load(app)
  const names = (await inside.running()).filter((name) => name !== 'caddy' && name !== 'consul-build')
  const killed = await Promise.all(
    names.map(async (name) => ({ name, pid: await inside.signal(name, 'SIGKILL') })),
  )
  for (const { name, pid } of killed) await inside.back(name, pid)
  await apiAnswers()
  expect(await load.stop()).toEqual([])
  await app.write('version.txt', 'all\n')
  await app.deploy()
  expect(await app.text('/version')).toBe('all')
})
