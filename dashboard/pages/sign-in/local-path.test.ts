import { expect, it } from 'vitest'
import { localPath } from './local-path.ts'

it('goes on to a page of the panel', () => {
  expect(localPath('/apps/shop/logs?x=1#top')).toBe('/apps/shop/logs?x=1#top')
})

it('never leads to another host, nor in a circle', () => {
  const led = [
    '//example.org',
    '/\\example.org',
    '\\\\example.org',
    'https://example.org',
    'javascript:alert(1)',
    '/\t/example.org',
    '/a\\b',
    '',
    null,
    '/sign-in',
    '/welcome',
  ]
  expect(led.map(localPath)).toEqual(led.map(() => '/'))
})
