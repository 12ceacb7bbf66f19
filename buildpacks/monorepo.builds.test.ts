import { appendFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type Pushed, ServedWorld } from '../test/support/served.ts'

let world: ServedWorld

beforeAll(async () => {
  world = await ServedWorld.open()
})
afterAll(async () => {
  await world.close()
})

/** A copy of a fixture that a test may change. */
function copyOf(fixture: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'skypanel-monorepo-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  cpSync(new URL(`${fixture.replace('/', '/fixtures/')}/`, import.meta.url), folder, { recursive: true })
  return folder
}

/** Names of the stages that were really run. */
const run = ({ events }: Pushed) =>
  events.flatMap((event) => (event.type === 'stage' && event.state === 'done' ? [event.name] : []))

describe('an app of a repository that holds several', () => {
  it.each([
    ['node/npm-monorepo', 'apps/docs/readme.txt', 'packages/words/src/index.js', 'export const changed = 1'],
    [
      'node/turbo-monorepo',
      'apps/docs/readme.txt',
      'packages/words/src/index.js',
      'export const changed = 1',
    ],
    ['node/nx-monorepo', 'libs/unused/src/index.ts', 'libs/words/src/index.ts', 'export const changed = 1'],
    ['node/moon-monorepo', 'apps/docs/moon.yml', 'packages/words/src/index.js', 'export const changed = 1'],
    ['go/monorepo', 'services/mailer/main.go', 'services/api/main.go', 'const changed = 1'],
    [
      'python/uv-workspace',
      'libs/other/src/other/__init__.py',
      'libs/words/src/words/__init__.py',
      'changed = 1',
    ],
    [
      'java/maven-member',
      'broken/src/main/java/Broken.java',
      'words/src/main/java/com/example/Words.java',
      '// changed',
    ],
    ['rust/monorepo', 'mailer/src/main.rs', 'shared/src/lib.rs', 'pub const CHANGED: u8 = 1;'],
  ])(
    'like %s is not built again for a change of %s, and is for one of %s',
    async (name, other, mine, code) => {
      const folder = copyOf(name)
      const app = { name: `${name}-twice`, folder }
      const first = await world.push(app)
      appendFileSync(join(folder, other), '\n')
      const unrelated = await world.push(app)
      expect(run(unrelated)).toEqual([])
      expect(unrelated.artifact.layers).toEqual(first.artifact.layers)
      appendFileSync(join(folder, mine), `\n${code}\n`)
      expect(run(await world.push(app))).toEqual(['build'])
    },
  )

  it('is chosen by SKYPANEL_ROOT, each in its own language', async () => {
    const folder = copyOf('python/in-a-folder')
    const serve = { path: '/', status: 200, seconds: 30, quick: false }
    const answers: string[] = []
    for (const root of ['services/api', 'site']) {
      writeFileSync(join(folder, 'config.json'), JSON.stringify({ SKYPANEL_ROOT: root }))
      const { artifact } = await world.push({ name: `several-${root}`, folder })
      answers.push((await world.ask(artifact, { ...serve, contains: '' })).body)
    }
    expect(answers[0]).toContain('beside me:')
    expect(answers[1]).toContain('<h1>')
  })
})
