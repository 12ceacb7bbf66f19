import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { z } from 'zod'
import { Inside, soon } from '../support/installation.ts'
import { leftovers } from '../support/leftovers.ts'
import { TestPlatform } from '../support/platform.ts'
import { expectDone, quiet, type World } from './at-rest.ts'
import { stopAt, type Point, type Scenario } from './scenarios.ts'

const SERVER =
  "require('node:http').createServer((_, response) => response.end('up')).listen(process.env.PORT)\n"
const PACKAGE = { name: 'crashed', version: '1.0.0', private: true, engines: { node: '22.x' } }

/** The installed platform, whose server and agent are killed at points of the journal. */
export class NspawnWorld implements AsyncDisposable {
  readonly #platform: TestPlatform
  readonly #inside: Inside
  readonly #world: World
  readonly #recoveries: number[] = []
  #count = 0

  private constructor(platform: TestPlatform, inside: Inside) {
    this.#platform = platform
    this.#inside = inside
    this.#world = {
      db: inside.db,
      git: inside.at.git,
      observed: async (app) => (await inside.agent().observe()).instances.filter((one) => one.app === app),
    }
  }

  static async open(): Promise<NspawnWorld> {
    const platform = await TestPlatform.load()
    return new NspawnWorld(platform, await Inside.of(platform.facts.home))
  }

  /** Kills `victim` when `scenario` passes `point`, and looks at everything once it is back. */
  async crash(scenario: Scenario, victim: 'server' | 'agent', point: Point): Promise<void> {
    const inside = this.#inside
    const { app, id, act } = await this.#prepare(scenario)
    await inside.serverWith({
      SKYPANEL_CRASH_AT: victim === 'server' ? point : stopAt(point),
      SKYPANEL_OPEN_REQUESTS_MS: '0',
    })
    const server = await inside.pid('server')
    const acting = act().catch(() => null)
    if (victim === 'server') {
      await soon(`the server killed itself at ${point}`, async () => !(await isThere(server)))
      // Its successor would end at the same point again.
      await inside.serverWith({ SKYPANEL_OPEN_REQUESTS_MS: '0' })
    } else {
      await soon(`the server stopped itself at ${point}`, () => inside.isStopped(server))
      try {
        await inside.signal('agent', 'SIGKILL')
        // Not left to the supervisor: it waits longer each time when one ends again and again.
        await inside.start('agent')
      } finally {
        process.kill(server, 'SIGCONT')
      }
    }
    const back = performance.now()
    await expectDone(this.#world, scenario, { id, folder: app.folder })
    this.#recoveries.push(performance.now() - back)
    await acting
    await expectNothingLeft(inside)
    if (scenario !== 'destroy') {
      expect(await app.text('/')).toBe('up')
      expect((await app.run(['destroy', '--confirm', app.name])).code).toBe(0)
    }
    await app.forget()
  }

  /** An app with v1 live, scaled as the scenario begins. */
  async #prepare(scenario: Scenario) {
    this.#count += 1
    const app = await this.#platform.app(null)
    const change = async (note: string, web = 'node server.js') => {
      await app.put({
        'package.json': JSON.stringify(PACKAGE),
        'server.js': SERVER,
        Procfile: `web: ${web}\nrelease: sleep 0.2\n`,
        'note.txt': `${note} ${this.#count}\n`,
      })
      await app.commit(note)
    }
    await change('one')
    await app.deploy()
    if (scenario === 'scale down') await app.run(['scale', 'web=2'])
    if (scenario === 'rollback') {
      await change('two')
      await app.deploy()
    }
    const { id } = await app.json(z.object({ id: z.string() }), 'info')
    await quiet(this.#world, id, scenario === 'scale down' ? 2 : 1)
    const act = async (): Promise<unknown> => {
      switch (scenario) {
        case 'deploy':
          await change('next')
          return app.push()
        case 'upload':
          await app.put({ 'note.txt': `uploaded ${this.#count}\n` })
          return app.run(['deploy', app.folder, '--app', app.name])
        case 'failing deploy':
          await change('bad', 'sleep 0.1; exit 3')
          return app.push()
        case 'config':
          return app.run(['config:set', 'COLOUR=red'])
        case 'rollback':
          return app.run(['rollback', 'v1'])
        case 'destroy':
          return app.run(['destroy', '--confirm', app.name])
        case 'scale up':
          return app.run(['scale', 'web=2'])
        case 'scale down':
          return app.run(['scale', 'web=1'])
      }
    }
    return { app, id, act }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const times = this.#recoveries.sort((a, b) => a - b).map(Math.round)
    console.log(
      `${times.length} recoveries: p50 ${times[Math.floor(times.length / 2)]} ms, longest ${times.at(-1)} ms from the return of the killed process`,
    )
    await this.#inside.serverWith(null)
    await this.#inside[Symbol.asyncDispose]()
    await this.#platform[Symbol.asyncDispose]()
  }
}

async function isThere(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** What ended is cleared away a moment later, so this looks until it is so. */
async function expectNothingLeft(inside: Inside): Promise<void> {
  const deadline = Date.now() + 30_000
  let found = await leftovers(inside)
  while (found.length > 0 && Date.now() < deadline) {
    await sleep(200)
    found = await leftovers(inside)
  }
  expect(found).toEqual([])
}
