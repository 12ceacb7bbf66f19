import { describe, expect, it } from 'vitest'
import { allowsMinor, isRequirement } from './specifier.ts'

const MINORS = [8, 9, 10, 11, 12, 13, 14]
const allowed = (text: string) => MINORS.filter((minor) => allowsMinor(text, minor))

describe('a requirement of Python', () => {
  it.each([
    ['>=3.10', [10, 11, 12, 13, 14]],
    ['>=3.10,<3.13', [10, 11, 12]],
    ['>=3.9, !=3.10.*, <4', [9, 11, 12, 13, 14]],
    ['>3.10', [11, 12, 13, 14]],
    ['<=3.11', [8, 9, 10, 11]],
    ['==3.12.*', [12]],
    ['==3.11.4', [11]],
    ['~=3.11', [11, 12, 13, 14]],
    ['~=3.11.2', [11]],
    ['^3.11', [11, 12, 13, 14]],
    ['~3.11', [11]],
    ['3.11.*', [11]],
    ['^3.8 || ^3.12', [8, 9, 10, 11, 12, 13, 14]],
    ['3.9.* || 3.12.*', [9, 12]],
    ['python-3.12.4', [12]],
    ['3.13', [13]],
    ['3', MINORS],
    ['*', MINORS],
    ['>=3.11.4', [11, 12, 13, 14]],
    ['>=3.8.1,<3.12.3', [8, 9, 10, 11, 12]],
    ['>=2.7,!=3.0.*', MINORS],
    ['2.7', []],
  ])('%s allows %j', (text, minors) => {
    expect(isRequirement(text)).toBe(true)
    expect(allowed(text)).toEqual(minors)
  })

  it.each(['latest', 'three', '>=', 'x'.repeat(300), 'pypy3.10-7.3'])('%s is none', (text) => {
    expect(isRequirement(text)).toBe(false)
  })
})
