import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sourceFolder } from '../test/support/folder.ts'
import { ServedWorld } from '../test/support/served.ts'

let world: ServedWorld

beforeAll(async () => {
  world = await ServedWorld.open()
})
afterAll(async () => {
  await world.close()
})

const app = (odd: number) => ({
  'package.json': JSON.stringify({
    name: 'tested',
    scripts: { start: 'node server.js', test: 'node test.js' },
    devDependencies: { 'is-odd': '3.0.1' },
  }),
  'server.js': `require("http").createServer((_, answer) => answer.end("hello from what was tested")).listen(process.env.PORT)\n`,
  'test.js': `if (!require("is-odd")(${odd})) { console.log("${odd} is not odd in", process.env.NODE_ENV, process.env.KEY); process.exit(1) }\n`,
  'app.json': JSON.stringify({ environments: { test: { scripts: { test: 'npm test' } } } }),
  'config.json': JSON.stringify({ SKYPANEL_TEST: '1', KEY: 'a value of production' }),
})
const push = (odd: number) => world.push({ name: 'node/tested', folder: sourceFolder(app(odd)) })

describe('an app whose tests run with its build', () => {
  it('is not released when one fails, and is told the last lines', async () => {
    await expect(push(2)).rejects.toThrow(/tests failed[\s\S]*2 is not odd in test undefined/)
  })

  it('is served when they pass, without what only they need', async () => {
    const { artifact, plan } = await push(3)
    expect(
      await world.ask(artifact, { path: '/', contains: '', status: 200, seconds: 30, quick: false }),
    ).toMatchObject({
      status: 200,
      body: 'hello from what was tested',
    })
    expect(plan.release.include.map(({ step }) => step)).not.toContain('test')
    const names = artifact.layers.join()
    expect(names).toContain('install-production')
  })
})
