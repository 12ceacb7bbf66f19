import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
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
