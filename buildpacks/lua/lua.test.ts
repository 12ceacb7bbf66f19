import { describe, expect, it } from 'vitest'
import { plan, planned, web } from '../../test/support/planning.ts'

const rock = (needs: string) => ({
  'main.lua': '',
  'x-1.rockspec': `dependencies = { ${needs} }\n`,
})

describe('a Lua app', () => {
  it.each([
    ['"lua >= 5.1"', 'lua5.4 main.lua'],
    ['"lua ~> 5.1"', 'lua5.4 main.lua'],
    ['"lua == 5.1"', 'lua5.1 main.lua'],
    ['"lua >= 5.1, < 5.4"', 'lua5.3 main.lua'],
    ['"lua >= 5.1", "http"', 'lua5.2 main.lua'],
  ])('with %s is started as %s', (needs, command) => {
    expect(web(rock(needs))).toBe(command)
  })

  it('fetches only the rocks that Debian does not have', () => {
    const { steps, tools } = plan(rock('"luasocket", "pegasus == 1.0.5"'))
    expect(steps.flatMap(({ commands }) => commands)).toEqual([
      'luarocks --lua-version 5.4 --tree lua_modules install pegasus 1.0.5',
    ])
    expect(tools[0]?.layer?.packages).toEqual(['lua5.4', 'luarocks', 'liblua5.4-dev', 'lua-socket'])
    expect(plan(rock('"luasocket"')).steps).toEqual([])
  })

  it('that asks for a Lua nobody has is told so', () => {
    expect(planned({ 'main.lua': '', '.lua-version': '5.5\n' })).toMatchObject({
      ok: false,
      message: '.lua-version asks for Lua 5.5, and this platform has Lua 5.4',
    })
  })
})
