import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Bom } from '../contract/bom.ts'
import { type Component, type Finding, merge } from './component.ts'
import { goBuildInfo } from './go-binary.ts'
import { readLocks } from './lock-files.ts'
import { makeBom } from './make-bom.ts'
import { purlOf } from './purl.ts'
import { scanLayer } from './scan-layer.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skypanel-bom-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

let count = 0
async function source(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  count += 1
  const place = join(folder, String(count))
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(place, path)), { recursive: true })
    await writeFile(join(place, path), content)
  }
  return place
}

const named = (components: readonly Pick<Component, 'ecosystem' | 'name' | 'version'>[]) =>
  components.map(({ ecosystem, name, version }) => `${ecosystem} ${name} ${version}`)

const LOCKS: Readonly<Record<string, readonly [text: string, expected: readonly string[]]>> = {
  'package-lock.json': [
    JSON.stringify({
      lockfileVersion: 3,
      packages: {
        '': { name: 'app', version: '1.0.0' },
        'node_modules/@scope/a': { version: '1.0.0' },
        'node_modules/b': { version: '2.0.0', dev: true },
        'node_modules/b/node_modules/c': { version: '3.0.0' },
        'node_modules/alias': { name: 'real', version: '4.0.0' },
        'node_modules/own': { resolved: 'packages/own', link: true },
        'packages/own': { version: '1.0.0' },
      },
    }),
    ['npm @scope/a 1.0.0', 'npm b 2.0.0', 'npm c 3.0.0', 'npm real 4.0.0'],
  ],
  'npm-shrinkwrap.json': [
    JSON.stringify({
      lockfileVersion: 1,
      dependencies: {
        a: { version: '1.0.0', dependencies: { b: { version: '2.0.0' } } },
        l: { version: 'file:l' },
      },
    }),
    ['npm a 1.0.0', 'npm b 2.0.0'],
  ],
  'yarn.lock': [
    `# yarn lockfile v1\n\n"@scope/a@^1.0.0", "@scope/a@^1.1.0":\n  version "1.2.0"\n  resolved "x"\n  dependencies:\n    b "^2.0.0"\n\nb@^2.0.0:\n  version "2.0.1"\n\n"mine@workspace:.":\n  version: 0.0.0-use.local\n\n"alias@npm:real@^1":\n  version: 1.0.5\n`,
    ['npm @scope/a 1.2.0', 'npm b 2.0.1', 'npm real 1.0.5'],
  ],
  'pnpm-lock.yaml': [
    `lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      a:\n        specifier: ^1\n        version: 1.0.0\n\npackages:\n\n  '@scope/a@1.0.0':\n    resolution: {integrity: x}\n\n  b@2.0.0(react@18.0.0):\n    resolution: {integrity: x}\n\nsnapshots:\n\n  c@9.9.9: {}\n`,
    ['npm @scope/a 1.0.0', 'npm b 2.0.0'],
  ],
  'bun.lock': [
    `{\n  "lockfileVersion": 1,\n  "packages": {\n    "@scope/a": ["@scope/a@1.0.0", "", {}, "sha512-x"],\n    "b": ["b@2.0.0", "", {}, "sha512-x"],\n  }\n}\n`,
    ['npm @scope/a 1.0.0', 'npm b 2.0.0'],
  ],
  'requirements.txt': [
    'Flask==2.0.1\nrequests[socks] == 2.31.0 ; python_version > "3"\nDjango>=4\n# x==1\nA_b.C==1.0 --hash=sha256:00\nz==1.*\n',
    ['pypi flask 2.0.1', 'pypi requests 2.31.0', 'pypi a-b-c 1.0'],
  ],
  'poetry.lock': [
    '[[package]]\nname = "Flask"\nversion = "2.0.1"\n\n[[package]]\nname = "pytest"\nversion = "8.0.0"\ngroups = ["dev"]\n',
    ['pypi flask 2.0.1', 'pypi pytest 8.0.0'],
  ],
  'uv.lock': [
    'version = 1\n\n[[package]]\nname = "app"\nversion = "0.1.0"\nsource = { virtual = "." }\n\n[[package]]\nname = "anyio"\nversion = "4.0.0"\nsource = { registry = "x" }\n',
    ['pypi anyio 4.0.0'],
  ],
  'Pipfile.lock': [
    JSON.stringify({
      _meta: { hash: { sha256: 'x' } },
      default: { flask: { version: '==2.0.1' } },
      develop: { pytest: { version: '==8.0.0' } },
    }),
    ['pypi flask 2.0.1', 'pypi pytest 8.0.0'],
  ],
  'Cargo.lock': [
    '[[package]]\nname = "app"\nversion = "0.1.0"\n\n[[package]]\nname = "serde"\nversion = "1.0.0"\nsource = "registry+x"\n',
    ['cargo serde 1.0.0'],
  ],
  'Gemfile.lock': [
    'PATH\n  remote: .\n  specs:\n    own (0.1.0)\n\nGEM\n  remote: x\n  specs:\n    nokogiri (1.16.0-x86_64-linux)\n      racc (~> 1.4)\n    rack (3.0.8)\n\nPLATFORMS\n  ruby\n',
    ['gem nokogiri 1.16.0', 'gem rack 3.0.8'],
  ],
  'composer.lock': [
    JSON.stringify({
      packages: [{ name: 'monolog/monolog', version: 'v2.0.0' }],
      'packages-dev': [{ name: 'phpunit/phpunit', version: '10.0.0' }],
    }),
    ['composer monolog/monolog 2.0.0', 'composer phpunit/phpunit 10.0.0'],
  ],
  'gradle.lockfile': [
    '# comment\norg.slf4j:slf4j-api:2.0.9=compileClasspath,runtimeClasspath\njunit:junit:4.13=testCompileClasspath\nempty=\n',
    ['maven org.slf4j:slf4j-api 2.0.9', 'maven junit:junit 4.13'],
  ],
  'pom.xml': [
    '<project><dependencies><dependency><groupId>org.slf4j</groupId><artifactId>slf4j-api</artifactId><version>2.0.9</version></dependency><dependency><groupId>a</groupId><artifactId>b</artifactId><version>${x}</version></dependency></dependencies></project>',
    ['maven org.slf4j:slf4j-api 2.0.9'],
  ],
  'mix.lock': [
    '%{\n  "jason": {:hex, :jason, "1.4.1", "abc", [:mix], [], "hexpm", "def"},\n}\n',
    ['hex jason 1.4.1'],
  ],
}

describe('a lock file', () => {
  it.each(Object.entries(LOCKS))('%s tells its packages', async (file, [text, expected]) => {
    const { declared, broken } = readLocks(await source({ [file]: text }), '.')
    expect(broken).toEqual([])
    expect(named(declared)).toEqual(expected)
  })

  it('of Go tells what is required, and without that what was looked at', async () => {
    const sum =
      'example.com/a v1.0.0 h1:x=\nexample.com/a v1.0.0/go.mod h1:x=\nexample.com/b v2.0.0/go.mod h1:x=\n'
    const mod =
      'module app\n\ngo 1.22\n\nrequire (\n\texample.com/a v1.0.0\n\texample.com/c v1.1.0 // indirect\n)\n'
    expect(named(readLocks(await source({ 'go.sum': sum }), '.').declared)).toEqual([
      'golang example.com/a v1.0.0',
    ])
    expect(named(readLocks(await source({ 'go.sum': sum, 'go.mod': mod }), '.').declared)).toEqual([
      'golang example.com/a v1.0.0',
      'golang example.com/c v1.1.0',
    ])
  })

  it('that is broken is named and left out; the others are read', async () => {
    const place = await source({ 'package-lock.json': '{', 'mix.lock': LOCKS['mix.lock']?.[0] ?? '' })
    const { declared, broken } = readLocks(place, '.')
    expect(named(declared)).toEqual(['hex jason 1.4.1'])
    expect(broken).toMatchObject([expect.stringMatching(/^package-lock\.json: /)])
  })

  it('of a workspace stands above the app', async () => {
    const place = await source({ 'yarn.lock': LOCKS['yarn.lock']?.[0] ?? '', 'apps/web/package.json': '{}' })
    expect(readLocks(place, 'apps/web').declared).toHaveLength(3)
  })

  it('counts only where nothing of its kind was found installed, and without what is for development', () => {
    const locked = (ecosystem: Component['ecosystem'], name: string, dev = false) => ({
      ecosystem,
      name,
      version: '1',
      from: 'lock',
      dev,
    })
    const held = merge(
      [locked('npm', 'a'), locked('npm', 'b'), locked('pypi', 'c'), locked('pypi', 'd', true)],
      [{ ecosystem: 'npm', name: 'a', version: '1', from: 'node_modules/a' }],
    )
    expect(named(held)).toEqual(['npm a 1', 'pypi c 1'])
  })
})

describe('what lies in a release', () => {
  const pkg = (name: string, version: string) => JSON.stringify({ name, version })
  it('is found where package managers put it', async () => {
    const layer = await source({
      'app/node_modules/a/package.json': pkg('a', '1.0.0'),
      'app/node_modules/@s/b/package.json': pkg('@s/b', '2.0.0'),
      'app/node_modules/a/node_modules/c/package.json': pkg('c', '3.0.0'),
      'app/node_modules/.pnpm/d@4.0.0/node_modules/d/package.json': pkg('d', '4.0.0'),
      'app/node_modules/broken/package.json': '{',
      'app/web/node_modules/e/package.json': pkg('e', '5.0.0'),
      'app/.venv/lib/python3.13/site-packages/Flask_Login-0.6.3.dist-info/METADATA': '',
      'app/.venv/lib/python3.13/site-packages/flask_login/node_modules/x/package.json': pkg('x', '1.0.0'),
      'app/vendor/bundle/ruby/3.3.0/specifications/rack-test-2.1.0.gemspec': '',
      'app/vendor/composer/installed.json': JSON.stringify({
        packages: [{ name: 'v/p', version: 'v1.2.3' }],
      }),
    })
    await symlink('/etc', join(layer, 'app/node_modules/outside'))
    expect(named(await scanLayer(layer, new Map())).sort()).toEqual([
      'composer v/p 1.2.3',
      'gem rack-test 2.1.0',
      'npm @s/b 2.0.0',
      'npm a 1.0.0',
      'npm c 3.0.0',
      'npm d 4.0.0',
      'npm e 5.0.0',
      'pypi flask-login 0.6.3',
    ])
  })

  it('is found in jars that carry jars', async () => {
    const layer = await source({
      'app/target/shop-1.0.0.jar': zip([
        'BOOT-INF/lib/slf4j-api-2.0.9.jar',
        'BOOT-INF/lib/odd-name-1.2.jar',
        'BOOT-INF/classes/x',
      ]),
      'app/lib/one-3.1.jar': zip(['META-INF/maven/org.one/one/pom.properties']),
    })
    expect(named(await scanLayer(layer, new Map([['slf4j-api', 'org.slf4j']])))).toEqual([
      'generic odd-name 1.2',
      'maven org.one:one 3.1',
      'maven org.slf4j:slf4j-api 2.0.9',
    ])
  })

  it('is found in the programs that Go made', () => {
    const modules = `${'m'.repeat(16)}path\tapp\nmod\tapp\t(devel)\t\ndep\texample.com/a\tv1.0.0\th1:x\ndep\texample.com/b\tv1.0.0\th1:x\n=>\texample.com/fork\tv1.0.1\th1:x\n${'m'.repeat(16)}`
    const text = (value: string) => Buffer.concat([varint(value.length), Buffer.from(value, 'latin1')])
    const head = Buffer.alloc(32)
    head.write('\xff Go buildinf:', 'latin1')
    head[14] = 8
    head[15] = 2
    const program = Buffer.concat([Buffer.alloc(64), head, text('go1.24.3'), text(modules)])
    expect(named(goBuildInfo(program, 'bin/app') ?? [])).toEqual([
      'golang stdlib 1.24.3',
      'golang example.com/a v1.0.0',
      'golang example.com/fork v1.0.1',
    ])
    expect(goBuildInfo(Buffer.alloc(5000), 'x')).toBeNull()
  })
})

const varint = (value: number) =>
  value < 128 ? Buffer.of(value) : Buffer.of((value & 0x7f) | 0x80, value >> 7)

/** The directory of a zip archive; nobody looks at more of it. */
function zip(names: readonly string[]): Buffer {
  const entries = names.map((name) => {
    const entry = Buffer.alloc(46)
    entry.writeUInt32LE(0x02014b50, 0)
    entry.writeUInt16LE(name.length, 28)
    return Buffer.concat([entry, Buffer.from(name)])
  })
  const directory = Buffer.concat(entries)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(names.length, 10)
  end.writeUInt32LE(4, 16)
  return Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), directory, end])
}

describe('a package URL', () => {
  it.each([
    ['npm', '@scope/name', '1.0.0', 'pkg:npm/%40scope/name@1.0.0'],
    ['pypi', 'Flask_Login', '0.6.3', 'pkg:pypi/flask-login@0.6.3'],
    ['golang', 'github.com/A/b', 'v1.0.0', 'pkg:golang/github.com/a/b@v1.0.0'],
    ['maven', 'org.slf4j:slf4j-api', '2.0.9', 'pkg:maven/org.slf4j/slf4j-api@2.0.9'],
    ['composer', 'Vendor/Pack', '1.0', 'pkg:composer/vendor/pack@1.0'],
    ['deb', 'libc6', '2.41-12+deb13u1', 'pkg:deb/debian/libc6@2.41-12%2Bdeb13u1'],
    ['gem', 'rack', '3.0.8', 'pkg:gem/rack@3.0.8'],
    ['cargo', 'serde', '1.0.0+x y', 'pkg:cargo/serde@1.0.0%2Bx%20y'],
  ] as const)('of %s %s', (ecosystem, name, version, expected) => {
    expect(purlOf({ ecosystem, name, version })).toBe(expected)
  })
})

describe('the document of a release', () => {
  const components: Component[] = [
    { ecosystem: 'npm', name: '@a/b', version: '1.0.0', from: 'node_modules/@a/b' },
    { ecosystem: 'pypi', name: 'x_y', version: '1', from: 'a' },
    // The index knows both by one name.
    { ecosystem: 'pypi', name: 'x-y', version: '1', from: 'b' },
  ]
  const finding: Finding = {
    ecosystem: 'npm',
    name: '@a/b',
    version: '1.0.0',
    id: 'GHSA-x',
    title: 't',
    severity: 'high',
    fixedIn: '1.0.1',
    url: 'https://example.org',
    source: 'npm',
  }
  const facts = {
    app: 'shop',
    version: 3,
    build: '0193b2c4-5d6e-7f80-9a1b-000000000001',
    commit: 'a'.repeat(40),
    stack: 'skypanel-13',
    time: '2026-11-21T12:00:00.000Z',
    platform: '0.1.0',
  }
  const bom = makeBom(facts, components, [finding, { ...finding, name: 'gone' }])

  it('is CycloneDX 1.6 by its essential rules', () => {
    expect(Bom.parse(JSON.parse(JSON.stringify(bom)))).toEqual(bom)
    expect(bom.serialNumber).toMatch(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
    )
    const refs = [bom.metadata.component, ...bom.components, ...bom.vulnerabilities].map(
      (one) => one['bom-ref'],
    )
    expect(new Set(refs).size).toBe(refs.length)
    for (const { purl } of bom.components.slice(1))
      expect(purl).toMatch(/^pkg:[a-z]+\/(?:[\w.%~-]+\/)*[\w.%~-]+@[\w.%:~-]+$/)
    const known = new Set(refs)
    for (const { ref, dependsOn } of bom.dependencies) {
      expect(known.has(ref)).toBe(true)
      expect(dependsOn.every((one) => known.has(one))).toBe(true)
      expect(new Set(dependsOn).size).toBe(dependsOn.length)
    }
    expect(bom.vulnerabilities.flatMap(({ affects }) => affects.map(({ ref }) => ref))).toEqual([
      'pkg:npm/%40a/b@1.0.0',
    ])
  })

  it('is the same whenever it is asked for', () => {
    expect(JSON.stringify(makeBom(facts, components, [finding]))).toBe(
      JSON.stringify(makeBom(facts, components, [finding])),
    )
  })
})
