import { expect, test } from 'vitest'
import { debianArchives, imagesOf, parseAptSources, pipOwnIndex, pipRegistry } from './client-registries.ts'

test('pip: the environment wins over files, a later file over an earlier one', () => {
  const files = [
    '[global]\nindex-url = https://one.example/simple\n',
    '# mine\n[global]\nindex-url=https://two.example/simple\nextra-index-url =\n    https://a.example/s\n    https://b.example/s\n',
  ]
  expect(pipRegistry(files, {})).toEqual({
    indexUrl: 'https://two.example/simple',
    extraIndexUrls: ['https://a.example/s', 'https://b.example/s'],
  })
  expect(pipRegistry(files, { PIP_INDEX_URL: 'https://env.example/simple' }).indexUrl).toBe(
    'https://env.example/simple',
  )
  expect(pipRegistry([], {})).toEqual({ indexUrl: null, extraIndexUrls: [] })
})

test('apt: both formats, and the archive is told by its suites, not by its host', () => {
  const one =
    'deb [arch=amd64] https://tools.example/apt tools main\n# deb http://old.example/debian bookworm main\n'
  const many =
    'Types: deb\n# was elsewhere\nURIs: http://mirror.example/debian/\nSuites: bookworm bookworm-updates\nComponents: main\n\nTypes: deb\nURIs: http://mirror.example/debian-security\nSuites: bookworm-security\nComponents: main\n'
  expect(debianArchives(parseAptSources([one], [many]), 'bookworm')).toEqual({
    archive: 'http://mirror.example/debian',
    security: 'http://mirror.example/debian-security',
  })
})

test('apt: a disabled or source-only entry is no archive', () => {
  const disabled =
    'Types: deb\nEnabled: no\nURIs: http://a.example/debian\nSuites: trixie\nComponents: main\n\nTypes: deb-src\nURIs: http://b.example/debian\nSuites: trixie\nComponents: main\n'
  expect(debianArchives(parseAptSources([], [disabled]), 'trixie')).toBeNull()
})

test('apt: the one-line format of an old machine', () => {
  const list =
    'deb http://m.example/debian trixie main\ndeb http://m.example/security trixie-security main contrib\n'
  expect(debianArchives(parseAptSources([list], []), 'trixie')).toEqual({
    archive: 'http://m.example/debian',
    security: 'http://m.example/security',
  })
})

test('pip: its own index stands in its source', () => {
  const source =
    'class PackageIndex:\n    pass\n\n\nPyPI = PackageIndex("https://index.example/", files="x")\n'
  expect(pipOwnIndex(source)).toBe('https://index.example/simple')
  expect(pipOwnIndex('PyPI = somewhere()')).toBe(null)
})

test('images that stand in for others, and registries without TLS, are what the operator says, or said before', () => {
  const said = imagesOf({ SKYPANEL_IMAGE_ALIASES: 'node:22-alpine=node:22-slim, a/b=debian:13' }, undefined)
  expect(said).toEqual({
    images: { aliases: { 'node:22-alpine': 'node:22-slim', 'a/b': 'debian:13' }, insecure: [] },
  })
  expect(imagesOf({}, said.images)).toEqual(said)
  expect(imagesOf({ SKYPANEL_IMAGE_REGISTRIES: 'r.internal:5000' }, said.images).images).toEqual({
    aliases: said.images?.aliases,
    insecure: ['r.internal:5000'],
  })
  expect(imagesOf({}, undefined)).toEqual({})
  expect(() => imagesOf({ SKYPANEL_IMAGE_ALIASES: 'node' }, undefined)).toThrow('node:22-alpine=node:22-slim')
  expect(() => imagesOf({ SKYPANEL_IMAGE_REGISTRIES: 'https://x' }, undefined)).toThrow(
    'registry.internal:5000',
  )
})
