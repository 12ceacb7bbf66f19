import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { paths } from '../runtime/installation.ts'
import { loadConfig, serverPaths } from './config.ts'

let home: string
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'skypanel-config-'))
})
afterAll(() => rmSync(home, { recursive: true }))

const installation = {
  id: 'ab12',
  domain: null,
  ports: { panel: 8800, http: 8080, https: 8443, directory: 9000 },
  database: { kind: 'private' },
  driver: 'nspawn',
  registry: 'auto',
}
const write = (value: unknown) => writeFileSync(join(home, 'installation.json'), JSON.stringify(value))

describe('the configuration', () => {
  it('names the same places as the set-up does', () => {
    const all: Record<string, string> = paths('/home')
    for (const [name, place] of Object.entries(serverPaths('/home')))
      expect([name, place]).toEqual([name, all[name]])
  })
  it('comes from the installation and the environment', () => {
    write(installation)
    expect(loadConfig(home, { SKYPANEL_API_RATE: '10' })).toMatchObject({
      databaseUrl: `postgresql://skypanel@/skypanel?host=${encodeURIComponent(join(home, 'run/postgres'))}`,
      rate: { perTokenAndHour: 10 },
      keepReleases: 20,
      memoryOvercommit: 8,
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    })
    write({ ...installation, database: { kind: 'external', url: 'postgresql://db.example/x' } })
    expect(loadConfig(home, {}).databaseUrl).toBe('postgresql://db.example/x')
  })
  it('names every mistake at once', () => {
    write(installation)
    expect(() => loadConfig(home, { SKYPANEL_API_RATE: 'many', SKYPANEL_MAX_PUSH_MB: '-1' })).toThrow(
      /SKYPANEL_API_RATE.*SKYPANEL_MAX_PUSH_MB/,
    )
    expect(() => loadConfig('/nowhere', {})).toThrow(/npm start/)
  })
})
