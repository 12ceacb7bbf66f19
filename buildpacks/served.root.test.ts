import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ServedWorld, servedFixtures } from '../test/support/served.ts'

let world: ServedWorld

beforeAll(async () => {
  world = await ServedWorld.open()
})
afterAll(async () => {
  await world.close()
})

/** A few of those that `npm run test:builds` tries. */
const quick = servedFixtures().filter(({ serve }) => serve.quick)

describe('an app that is installed, built and started for real', { timeout: 600_000 }, () => {
  it.each(quick)('$name answers', async (fixture) => {
    const { artifact } = await world.push(fixture)
    const answer = await world.ask(artifact, fixture.serve)
    expect(answer.body).toContain(fixture.serve.contains)
    expect(answer.status).toBe(fixture.serve.status)
  })
})
