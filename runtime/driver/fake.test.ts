import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { loopbackAddress } from '../network/address.ts'
import { conformance, type Stage } from './conformance.ts'
import { fakeEnd, parseFakeCommand } from './fake-behaviour.ts'
import { createFakeDriver } from './fake.ts'

const home = mkdtempSync(join(tmpdir(), 'skypanel-fake-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

const stage: Stage = {
  home,
  driver: () => createFakeDriver(),
  artifact: { stack: '/stack', layers: [], tools: [], closure: [], env: {}, processTypes: {}, size: 0 },
  placement: (index, folder) => ({ index, address: loopbackAddress(index), folder, uidBase: 1 }),
  traces: () => [],
  words: {
    runsForever: 'fake print=up',
    exits: (code, after) => `fake exit=${code} after=${after}ms`,
    abortsItself: 'fake signal=SIGABRT',
    usesTooMuchMemory: 'fake oom',
    stopsGracefully: (ms) => `fake print=up graceful=${ms}ms`,
    deaf: 'fake print=up deaf',
    printsLines: (count) => `fake lines=${count} exit=0`,
    printsVariables: (names) => `fake exit=0 ${names.map((name) => `print-env=${name}`).join(' ')}`,
    echoes: 'fake echo',
    printsWindow: 'fake print-window exit=0',
  },
}

describe('the fake driver', () => {
  conformance(() => stage)

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
