import { describe, expect, it } from 'vitest'
import { findErrors } from './find-errors.ts'
import { placeErrors } from './place-errors.ts'

/** Errors as `file:line[:column] message`, of a checkout that has these files. */
function found(output: string, files: readonly string[], folder = '.') {
  const placed = placeErrors(findErrors(output.split('\n')), folder, (path) => files.includes(path), 9)
  return placed.map(
    ({ message, place: { file, line, column } }) =>
      `${file}:${line}${column === undefined ? '' : `:${column}`} ${message}`,
  )
}

describe('errors in the output of a build', () => {
  it.each([
    [
      'tsc',
      `src/index.ts(12,5): error TS2304: Cannot find name 'price'.`,
      [`src/index.ts:12:5 TS2304: Cannot find name 'price'.`],
    ],
    [
      'tsc --pretty',
      `src/index.ts:12:5 - error TS2304: Cannot find name 'price'.\n\n12     price\n       ~~~~~`,
      [`src/index.ts:12:5 TS2304: Cannot find name 'price'.`],
    ],
    [
      'a script of its own',
      `error: src/index.ts:12: price is not defined`,
      ['src/index.ts:12 src/index.ts:12: price is not defined'],
    ],
    [
      'Node at a syntax error',
      `/build/app/src/index.ts:12\n  const x = ;\n            ^\n\nSyntaxError: Unexpected token ';'\n    at wrapSafe (node:internal/modules/cjs/loader:1464:18)`,
      [`src/index.ts:12 SyntaxError: Unexpected token ';'`],
    ],
    [
      'Node at an exception',
      `TypeError: Cannot read properties of undefined\n    at Object.<anonymous> (/build/node_modules/x/src/index.ts:1:1)\n    at total (file:///build/app/src/index.ts:12:5)\n    at node:internal/main/run:1:1`,
      ['src/index.ts:12:5 TypeError: Cannot read properties of undefined'],
    ],
    [
      'esbuild',
      `✘ [ERROR] Could not resolve "./cart"\n\n    src/index.ts:12:20:\n      12 │ import c from "./cart"`,
      ['src/index.ts:12:20 [ERROR] Could not resolve "./cart"'],
    ],
    [
      'ESLint',
      `/build/app/src/index.ts\n  12:5  error    'price' is not defined  no-undef\n  13:1  warning  Unexpected console  no-console\n\n✖ 1 problem`,
      [`src/index.ts:12:5 'price' is not defined no-undef`],
    ],
    [
      'Next.js',
      `./src/index.ts\n12:5  Error: 'price' is not defined.  no-undef`,
      [`src/index.ts:12:5 'price' is not defined. no-undef`],
    ],
    [
      'a Python traceback',
      `Traceback (most recent call last):\n  File "/usr/lib/python3.13/importlib/__init__.py", line 88, in import_module\n    return _bootstrap\n  File "/build/app/src/index.ts", line 12, in <module>\n    import nothing\n    ^^^^^^\nModuleNotFoundError: No module named 'nothing'`,
      [`src/index.ts:12 ModuleNotFoundError: No module named 'nothing'`],
    ],
    [
      'Python at a syntax error',
      `  File "/build/app/src/index.ts", line 12\n    def x(:\n          ^\nSyntaxError: invalid syntax`,
      ['src/index.ts:12 SyntaxError: invalid syntax'],
    ],
    [
      'a C compiler',
      `src/index.ts:12:5: error: 'price' undeclared`,
      [`src/index.ts:12:5 'price' undeclared`],
    ],
  ])('of %s stand beside the code', (_tool, output, expected) => {
    expect(found(output, ['src/index.ts'])).toEqual(expected)
  })

  it('are left out where they name nothing that the checkout has', () => {
    const output = [
      'node_modules/x/index.js:1:1: error: no',
      '../outside.ts:3:1: error: no',
      'Error: no place',
      'src/index.ts:3:1 - warning TS6133: unused',
      'listening on http://localhost:3000',
      'added 52 packages in 12:30',
    ].join('\n')
    expect(found(output, ['index.js', 'outside.ts', 'src/index.ts', 'node_modules/x/index.js'])).toEqual([])
  })

  it('are told once each, and at most as many as wanted', () => {
    const line = (at: number) => `src/a.ts(${at},1): error TS1: wrong`
    const output = [line(1), line(1), ...Array.from({ length: 20 }, (_, at) => line(at + 1))].join('\n')
    expect(found(output, ['src/a.ts'])).toHaveLength(9)
    expect(new Set(found(output, ['src/a.ts'])).size).toBe(9)
  })

  it('of an app in a folder are placed in that folder', () => {
    expect(found('src/a.ts(3,1): error TS1: wrong', ['src/a.ts'], 'apps/shop')).toEqual([
      'apps/shop/src/a.ts:3:1 TS1: wrong',
    ])
  })

  it('are found in a long log without taking long', () => {
    const hostile = ['a/'.repeat(200_000), ...Array.from({ length: 20_000 }, () => '  XError: y')]
    expect(found(hostile.join('\n'), [])).toEqual([])
    const output = Array.from({ length: 3000 }, (_, at) => `${'a/'.repeat(40)}${at} ${'x-'.repeat(60)}`).join(
      '\n',
    )
    expect(found(output, [])).toEqual([])
  })
})
