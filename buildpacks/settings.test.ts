import { describe, expect, it } from 'vitest'
import { isPublicConfig } from './public-config.ts'
import { flag, override, settingsFrom } from './settings.ts'

describe('what a plan may know of the config vars', () => {
  const settings = settingsFrom(
    { DATABASE_URL: 'secret', SKYPANEL_NODE_VERSION: ' 22 ', NODE_VERSION: '20', SKYPANEL_EMPTY: ' ' },
    'test',
  )

  it('are the names of all, and the values of those that steer a build', () => {
    expect(settings).toEqual({
      builder: 'test',
      images: {},
      names: ['DATABASE_URL', 'NODE_VERSION', 'SKYPANEL_EMPTY', 'SKYPANEL_NODE_VERSION'],
      overrides: { NODE_VERSION: '20', SKYPANEL_EMPTY: ' ', SKYPANEL_NODE_VERSION: ' 22 ' },
    })
  })

  it('is taken from the first name that is set to something', () => {
    expect(override(settings, 'SKYPANEL_EMPTY', 'SKYPANEL_NODE_VERSION', 'NODE_VERSION')).toEqual({
      name: 'SKYPANEL_NODE_VERSION',
      value: '22',
    })
    expect(override(settings, 'DATABASE_URL')).toBeNull()
  })

  it.each([
    ['1', true],
    ['true', true],
    ['YES', true],
    ['0', false],
    ['false', false],
    ['', null],
  ])('is a switch: %j means %s', (value, expected) => {
    expect(flag(settingsFrom({ SKYPANEL_X: value }, 'test'), 'SKYPANEL_X')).toBe(expected)
  })

  it.each([
    ['VITE_API', true],
    ['NEXT_PUBLIC_KEY', true],
    ['API_KEY', false],
    ['MY_VITE_KEY', false],
    ['SKYPANEL_ROOT', true],
    ['NODE_VERSION', true],
    ['BUILDPACK_URL', false],
  ])('is no secret, so it may stand in a release: %s: %s', (name, expected) => {
    expect(isPublicConfig(name)).toBe(expected)
  })
})
