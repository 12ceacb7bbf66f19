import { expect, test } from 'vitest'
import { environmentFile, hostnameOf, parseStatus, shimArgv, systemOverlays } from './instance.ts'
import { sampleFacts } from './sample-facts.ts'

test('more layers than the kernel takes are refused with a sentence', () => {
  expect(() =>
    shimArgv(
      { ...sampleFacts, lower: Array.from({ length: 80 }, (_, i) => `/nix/store/${'x'.repeat(60)}${i}`) },
      { environment: [], namespaces: [], mounts: [] },
    ),
  ).toThrow('80 layers')
})

test('a variable may hold anything but NUL', () => {
  expect(environmentFile({ A: "x\ny='$", B: '', C: 'a\0b' })).toBe("A=x\ny='$\0B=\0C=ab\0")
})

test('what init wrote is read, also when it was cut off', () => {
  expect(parseStatus('')).toEqual({ started: false, code: null, signal: null })
  expect(parseStatus('started\n')).toEqual({ started: true, code: null, signal: null })
  expect(parseStatus('started\nexit 3\n')).toEqual({ started: true, code: 3, signal: null })
  expect(parseStatus('started\nsignal 9\n')).toEqual({ started: true, code: null, signal: 9 })
})

test('an instance name becomes a host name', () => {
  expect(hostnameOf('web.1')).toBe('web-1')
  expect(hostnameOf('Run_9')).toBe('run-9')
})

test('packages of the system lie over the folders of the stack that they have, the first uppermost', () => {
  const has = (path: string) => path !== '/l/two/etc'
  const over = systemOverlays('/s', ['/l/one', '/l/two'], has)
  expect(over.map(({ folder, lower }) => [folder, ...lower])).toEqual([
    ['usr', '/l/one/usr', '/l/two/usr', '/s/usr'],
    ['etc', '/l/one/etc', '/s/etc'],
    ['var', '/l/one/var', '/l/two/var', '/s/var'],
  ])
  expect(systemOverlays('/s', [], has)).toEqual([])
})
