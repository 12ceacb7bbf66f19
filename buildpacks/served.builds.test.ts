import { appendFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ServedWorld, servedFixtures } from '../test/support/served.ts'

let world: ServedWorld

beforeAll(async () => {
  world = await ServedWorld.open()
})
afterAll(async () => {
  await world.close()
})

/** Names to build alone, e.g. ONLY=node/pnpm; and where to write the times to. */
const only = (process.env['ONLY'] ?? '').split(',').filter((name) => name !== '')
const report = process.env['BUILDS_REPORT']
const chosen = servedFixtures().filter(({ name }) => only.length === 0 || only.includes(name))

describe('an app that asks for what is not there', () => {
  const fixture = (name: string) => ({
    name,
    folder: fileURLToPath(new URL(name.replace('/', '/fixtures/'), import.meta.url)),
  })

  it('is told which Pythons there are', async () => {
    await expect(world.push(fixture('python/python-3.12-missing'))).rejects.toThrow(
      /Python 3\.12 was asked for by \.python-version, and no suite of Debian has it[\s\S]*3\.11/,
    )
  })
})

describe('an app that is installed, built and started for real', () => {
  it.each(chosen)('$name answers', async (fixture) => {
    const { artifact, ms } = await world.push(fixture)
    const answer = await world.ask(artifact, fixture.serve)
    expect(answer.body).toContain(fixture.serve.contains)
    expect(answer.status).toBe(fixture.serve.status)
    if (report !== undefined)
      appendFileSync(report, `${fixture.name}\t${ms}\t${artifact.processTypes['web'] ?? ''}\n`)
  })
})
