import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseMark, parseNixLine, plain } from './nix-log.ts'
import { outputsOfDerivation } from './run-stage.ts'

describe("Nix's own log", () => {
  test('output, started derivations and messages are told apart', () => {
    expect(parseNixLine('@nix {"action":"result","type":101,"id":1,"fields":["hello"]}')).toEqual({
      type: 'output',
      line: 'hello',
    })
    expect(
      parseNixLine('@nix {"action":"start","type":105,"id":1,"fields":["/nix/store/x.drv","",1,1]}'),
    ).toEqual({ type: 'building', derivation: '/nix/store/x.drv' })
    expect(parseNixLine('@nix {"action":"msg","level":0,"msg":"error: no"}')).toEqual({
      type: 'message',
      level: 0,
      text: 'error: no',
    })
    expect(parseNixLine('@nix {"action":"stop","id":1}')).toEqual({ type: 'other' })
    expect(parseNixLine('plain words')).toEqual({ type: 'message', level: 0, text: 'plain words' })
  })

  test('no line makes it fail', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseNixLine(text)).toBeDefined()
      }),
    )
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseNixLine(`@nix ${text}`)).toBeDefined()
      }),
    )
  })

  test('colours and control characters are taken out, tabs stay', () => {
    expect(plain('\u001B[31mred\u001B[0m\ttab\u0007\r')).toBe('red\ttab')
  })

  test("the box's marks are read, and a line of a build is none", () => {
    expect(parseMark('@sky run 3')).toEqual({ type: 'run', command: 3 })
    expect(parseMark('@sky leak TOKEN dist/a b.js')).toEqual({
      type: 'leak',
      name: 'TOKEN',
      file: 'dist/a b.js',
    })
    expect(parseMark('npm run build')).toBeNull()
  })
})

test('the outputs of a derivation are read, and its inputs are not', () => {
  const text =
    'Derive([("dev","/nix/store/a-dev","",""),("out","/nix/store/a","","")],[("/nix/store/in.drv",["out"])],["/nix/store/src"],"x","y",[],[("out","/nix/store/a")])'
  expect(outputsOfDerivation(text)).toEqual({ dev: '/nix/store/a-dev', out: '/nix/store/a' })
})
