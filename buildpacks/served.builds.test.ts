import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Compared, SAME_GOAL, summary, tellCompared, whyDifferent } from '../test/support/differences.ts'
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
/** These take longest, so they begin first; what takes a few seconds fills the time beside them. */
const LONG = [
  'crystal/',
  'scala/',
  'clojure/',
  'rust/axum',
  'zig/',
  'haskell/',
  'swift/',
  'java/',
  'node/next-',
  'node/create-react-app',
  'r/',
  'node/angular-spa',
  'node/storybook-site',
  'node/nx-monorepo',
  'rust/',
  'go/',
  'node/native-',
  'python/gradio-demo',
  'dockerfile/',
]
const rank = (name: string) => {
  const found = LONG.findIndex((long) => name.startsWith(long))
  return found < 0 ? LONG.length : found
}
const chosen = servedFixtures()
  .filter(({ name }) => only.length === 0 || only.includes(name))
  .sort((one, other) => rank(one.name) - rank(other.name))

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

describe('a lock that is out of date', () => {
  it.each([
    ['node/pnpm-build', 'pnpm-lock.yaml does not fit package.json'],
    ['node/yarn-classic', 'yarn.lock does not fit package.json'],
    ['node/bun-build', 'bun.lock does not fit package.json'],
    ['node/fastify-api', 'package-lock.json does not fit package.json'],
  ])('of %s ends the build with what to do', async (name, message) => {
    const folder = mkdtempSync(join(tmpdir(), 'skypanel-lock-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    cpSync(new URL(`${name.replace('/', '/fixtures/')}/`, import.meta.url), folder, { recursive: true })
    const file = join(folder, 'package.json')
    const pkg = JSON.parse(readFileSync(file, 'utf8')) as { dependencies: Record<string, string> }
    writeFileSync(file, JSON.stringify({ ...pkg, dependencies: { ...pkg.dependencies, 'is-odd': '3.0.1' } }))
    await expect(world.push({ name: `${name}-stale`, folder })).rejects.toThrow(message)
  })
})

/** Of all fixtures, the steps that were run twice. */
const results: Compared[] = []

describe('an app that is installed, built and started for real', () => {
  // Two at a time: while one waits for a registry the other one computes.
  it.concurrent.each(chosen)('$name answers, and built again is the same', async (fixture) => {
    const { artifact, compared, events, ms } = await world.pushTwice(fixture)
    results.push(...compared)
    const answer = await world.ask(artifact, fixture.serve)
    if (report !== undefined) {
      const stages = events.flatMap((event) =>
        event.type === 'stage' && event.state === 'done' ? [`${event.name} ${event.ms}`] : [],
      )
      const again = compared.reduce((sum, one) => sum + one.ms, 0)
      const columns = [fixture.name, ms - again, again, stages.join(', '), artifact.processTypes['web'] ?? '']
      appendFileSync(report, `${columns.join('\t')}\n`)
    }
    expect(answer.body).toContain(fixture.serve.contains)
    expect(answer.status).toBe(fixture.serve.status)
    const unexplained = compared.filter(({ same, files }) => !same && whyDifferent(files) === null)
    expect(unexplained.map(tellCompared).join('\n')).toBe('')
  })
})

describe('steps without network', () => {
  it(`give the same bytes again, ${SAME_GOAL * 100} of 100 at least`, () => {
    const { share, text } = summary(results)
    console.log(text)
    // A few fixtures alone may be the few that differ.
    if (only.length === 0) expect(share).toBeGreaterThanOrEqual(SAME_GOAL)
  })
})
