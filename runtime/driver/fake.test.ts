import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { conformance } from './conformance.ts'
import { execConformance } from './exec-conformance.ts'
import { fakeEnd, parseFakeCommand } from './fake-behaviour.ts'
import { fakeStage } from './fake-stage.ts'

const home = mkdtempSync(join(tmpdir(), 'skypanel-fake-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

const stage = fakeStage(home)

describe('the fake driver', () => {
  conformance(() => stage)
  execConformance(() => stage)

  test('any command that is not meant for it is an app that runs until it is stopped', () => {
    const behaviour = parseFakeCommand('node server.js')
    expect(behaviour).toMatchObject({ ends: null, readyAfter: 0, graceful: 0 })
    expect(fakeEnd(behaviour, { startedAt: 0, terminatedAt: null, killedAt: null })).toBeNull()
  })

  test('the earliest end is the one that counts', () => {
    const behaviour = parseFakeCommand('fake exit=3 after=2s graceful=300ms')
    expect(fakeEnd(behaviour, { startedAt: 0, terminatedAt: 100, killedAt: null })).toMatchObject({
      at: 400,
      code: 0,
    })
    expect(fakeEnd(behaviour, { startedAt: 0, terminatedAt: 1900, killedAt: null })).toMatchObject({
      at: 2000,
      code: 3,
    })
    expect(fakeEnd(behaviour, { startedAt: 0, terminatedAt: 100, killedAt: 200 })).toMatchObject({
      at: 200,
      signal: 'SIGKILL',
    })
  })
})
