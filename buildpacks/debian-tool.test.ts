import { describe, expect, it } from 'vitest'
import { type DebianTool, debianTool, rangeOf } from './debian-tool.ts'
import { settingsFrom } from './settings.ts'

const lua: DebianTool = {
  name: 'lua',
  title: 'Lua',
  version: '5.4',
  keepsOld: false,
  packages: ['lua5.4'],
  phase: ['run'],
}
const ask = (text: string | null, keepsOld = false, config = {}) =>
  debianTool(settingsFrom(config, 'test'), text === null ? null : { text, from: 'file' }, {
    ...lua,
    keepsOld,
  })

describe('a version that Debian has one line of', () => {
  it.each([
    ['5.4', '5.4.x'],
    ['5.4.6', '~5.4'],
    ['v5.36.0', '~5.36'],
    ['>= 1.0, < 2.0', '>=1.0 <2.0'],
    ['~> 1.2', '^1.2'],
    ['==9.6.*', '9.6.x'],
    ['ghc-9.4.7', '~9.4'],
    ['>=4.14 && <5', '>=4.14 <5'],
    ['latest', '*'],
  ])('%s is the range %s', (text, expected) => {
    const range = rangeOf(text)
    expect(range).not.toBeNull()
    expect(range).toBe(rangeOf(expected))
  })

  it.each(['next week', '5.4; rm -rf /', '>='])('%s is no version', (text) => {
    expect(rangeOf(text)).toBeNull()
  })

  it('is used when it is asked for, or nothing is', () => {
    for (const text of [null, '5.4', '>= 5.1', '5.4.6', '5'])
      expect(ask(text)).toMatchObject({ ok: true, tool: { version: '5.4' }, notes: [] })
  })

  it('is refused when another is asked for, with who asked', () => {
    expect(ask('5.1')).toMatchObject({
      ok: false,
      message: 'file asks for Lua 5.1, and this platform has Lua 5.4',
    })
    expect(ask('6', true)).toMatchObject({ ok: false })
  })

  it('takes the place of an older one, with a warning, where old code keeps running', () => {
    expect(ask('5.1', true)).toMatchObject({
      ok: true,
      notes: [{ code: 'lua.version.newer', level: 'warn' }],
    })
  })

  it('that a setting names beats the files', () => {
    expect(ask('5.4', false, { SKYPANEL_LUA_VERSION: '5.1' })).toMatchObject({
      ok: false,
      message: expect.stringContaining('SKYPANEL_LUA_VERSION asks for Lua 5.1') as string,
    })
  })
})
