import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe } from 'vitest'
import { engineConformance, planOf, type Subject } from './engine-conformance.ts'
import { FakeEngine } from './fake-engine.ts'

const home = mkdtempSync(join(tmpdir(), 'skypanel-fake-engine-'))
const engine = new FakeEngine(join(home, 'state'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

const subject: Subject = {
  engine,
  folder: () => mkdtempSync(join(home, 'source-')),
  plan: () => planOf([]),
  exists: existsSync,
  leftovers: async () =>
    (await readdir(join(home, 'state', 'artifacts'))).filter((name) => name.startsWith('.')),
}

describe('the fake build engine', () => {
  engineConformance(() => subject)
})
