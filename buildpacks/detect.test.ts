import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sourceFolder } from '../test/support/folder.ts'
import { planApp } from './detect.ts'
import { openFolder } from './file-view.ts'
import type { BuildPlan, PlanResult } from './plan.ts'
import { loadProviders } from './providers.ts'
import { settingsFrom } from './settings.ts'

const providers = await loadProviders()

type Files = Readonly<Record<string, string | Uint8Array>>

function planned(files: Files, config: Record<string, string> = {}): PlanResult {
  return planApp(openFolder(sourceFolder(files)), settingsFrom(config, 'test'), providers)
}

function plan(files: Files, config: Record<string, string> = {}): BuildPlan {
  const result = planned(files, config)
  if (!result.ok) throw new Error(`${result.message} (${result.hint})`)
  return result.plan
}

function refusal(files: Files, config: Record<string, string> = {}): string {
  const result = planned(files, config)
  return result.ok ? 'planned' : result.message
}

const json = (value: unknown): string => JSON.stringify(value)
const nodeApp = { 'package.json': json({ scripts: { start: 'node index.js' } }), 'index.js': '' }
const flaskApp = { 'requirements.txt': 'flask\n', 'app.py': 'app = Flask(__name__)\n' }

describe('the language of an app', () => {
  it.each<[string, Files, string]>([
    ['a Node app', nodeApp, 'node'],
    [
      'a Flask app with a package.json for its assets',
      { ...flaskApp, 'package.json': json({ scripts: { build: 'vite build' } }) },
      'python',
    ],
    [
      'a Node app with a requirements.txt for a script',
      { ...nodeApp, 'requirements.txt': 'pandas\n', 'tools/x.py': '' },
      'node',
    ],
    [
      'a site with a package.json for its linter',
      { 'index.html': '', 'package.json': json({ devDependencies: { eslint: '9' } }) },
      'static',
    ],
    ['a Node app with a public/index.html', { ...nodeApp, 'public/index.html': '' }, 'node'],
    [
      'a folder of both whose Procfile runs Python',
      { ...nodeApp, 'requirements.txt': '', 'x.py': '', Procfile: 'web: gunicorn x:y' },
      'python',
    ],
    [
      'a folder of both whose Procfile runs Node',
      { ...flaskApp, ...nodeApp, Procfile: 'web: PORT=1 exec node index.js' },
      'node',
    ],
  ])('of %s is told by what it starts', (_, files, expected) => {
    expect(plan(files).detected[0]?.provider).toBe(expected)
  })

  it('can be set with SKYPANEL_BUILDPACK', () => {
    expect(plan({ ...flaskApp, ...nodeApp }, { SKYPANEL_BUILDPACK: 'node' }).detected[0]?.provider).toBe(
      'node',
    )
    expect(refusal(nodeApp, { SKYPANEL_BUILDPACK: 'fortran' })).toBe('There is no buildpack "fortran"')
  })

  it('that is described by its Dockerfile alone is built by it; one whose language is known is told how to', () => {
    expect(plan({ Dockerfile: 'FROM scratch\nCMD ["/a"]\n' })).toMatchObject({
      detected: [{ provider: 'dockerfile' }],
      image: { dockerfile: 'Dockerfile', bases: [{ line: 1, image: 'scratch', base: { kind: 'scratch' } }] },
    })
    const both = plan({ ...nodeApp, Dockerfile: 'FROM scratch\n' })
    expect(both.detected[0]?.provider).toBe('node')
    expect(both.notes).toContainEqual(
      expect.objectContaining({
        code: 'dockerfile.beside',
        message: expect.stringContaining('SKYPANEL_BUILDPACK=dockerfile') as string,
      }),
    )
  })

  it.each([
    { 'main.c': '' },
    { 'main.c': '', Makefile: 'image:\n\tdocker build .\n' },
    { 'main.py': 'print(1)' },
    { 'index.html': '<p>' },
    { 'main.py': 'print(1)', 'package.json': '{}' },
  ])('whose files are loose is built by the Dockerfile beside them: %j', (files) => {
    const dockerfile = { Dockerfile: 'FROM scratch\nCMD ["/a"]\n' }
    expect(plan({ ...files, ...dockerfile }).detected[0]?.provider).toBe('dockerfile')
  })

  it.each([
    ['cpp', { 'main.c': '', 'CMakeLists.txt': 'add_executable(server main.c)\n' }],
    ['python', { 'main.py': 'print(1)', 'requirements.txt': '' }],
    ['python', { 'main.py': 'print(1)', Procfile: 'web: python main.py' }],
    ['static', { 'index.html': '<p>', Staticfile: '' }],
  ])('that has a manifest or a Procfile is built as %s although there is a Dockerfile', (expected, files) => {
    const dockerfile = { Dockerfile: 'FROM scratch\nCMD ["/a"]\n' }
    expect(plan({ ...files, ...dockerfile }).detected[0]?.provider).toBe(expected)
  })

  it('says in skypanel.toml that its Dockerfile is to be built, or in heroku.yml', () => {
    const docker = { ...nodeApp, Dockerfile: 'FROM scratch\nCMD ["/a"]\n' }
    for (const files of [
      { 'skypanel.toml': 'builder = "dockerfile"' },
      { 'heroku.yml': 'build:\n  docker:\n    web: Dockerfile\n' },
    ])
      expect(plan({ ...docker, ...files }).detected[0]?.provider).toBe('dockerfile')
  })

  it('says in skypanel.toml what its instances shall run in, and is refused where there is no such driver', () => {
    expect(plan({ ...nodeApp, 'skypanel.toml': '[runtime]\ndriver = "lxc"\n' }).release.driver).toBe('lxc')
    expect(plan(nodeApp).release).not.toHaveProperty('driver')
    expect(planned({ ...nodeApp, 'skypanel.toml': '[runtime]\ndriver = "docker"\n' })).toMatchObject({
      ok: false,
      message: expect.stringContaining('"docker", and there is no such driver') as string,
    })
  })

  it('that nobody knows is refused with who was asked and why not', () => {
    const refused = planned({ 'main.unknown': '' })
    expect(refused).toMatchObject({
      ok: false,
      message: 'No language was recognised in this app',
      hint: expect.stringContaining('SkyPanel builds: ') as string,
    })
    const asked = refused.ok ? [] : refused.asked
    expect(asked.map(({ provider }) => provider)).toEqual(providers.map(({ manifest }) => manifest.name))
    expect(asked).toContainEqual({ provider: 'node', why: 'none of package.json, project.json, moon.yml' })
    expect(asked.find(({ provider }) => provider === 'python')?.why).toContain('none of requirements.txt')
  })

  it('of an empty commit is refused', () => {
    expect(refusal({})).toBe('There are no files to build')
  })
})

describe('a plan', () => {
  it('is the same bytes for the same tree and settings', () => {
    const files = { ...nodeApp, 'package-lock.json': '{}' }
    expect(json(plan(files, { B: '1', A: '2' }))).toBe(json(plan(files, { A: '2', B: '1' })))
  })

  it('holds no value of a config var', () => {
    const text = json(
      plan(
        {
          ...nodeApp,
          'package.json': json({ scripts: { start: 'node .', build: 'x' }, dependencies: { a: '1' } }),
        },
        { API_KEY: 's3cr3t', DATABASE_URL: 'postgres://s3cr3t' },
      ),
    )
    expect(text).not.toContain('s3cr3t')
  })

  it('takes each process from the strongest that names it: setting, Procfile, the language', () => {
    const files = { ...nodeApp, Procfile: 'web: node procfile.js\nworker: node worker.js' }
    expect(plan(files).release.processes).toEqual({
      web: { command: 'node procfile.js', from: 'Procfile:1' },
      worker: { command: 'node worker.js', from: 'Procfile:2' },
    })
    expect(plan(files, { SKYPANEL_START_CMD: 'node set.js' }).release.processes['web']).toEqual({
      command: 'node set.js',
      from: 'SKYPANEL_START_CMD',
    })
    expect(plan({ ...nodeApp, Procfile: 'worker: node worker.js' }).release.processes).toMatchObject({
      web: { command: 'node index.js' },
      worker: {},
    })
  })

  it('takes the version of Node from the strongest that names it', () => {
    const all = {
      ...nodeApp,
      'package.json': json({ scripts: { start: 'node .' }, engines: { node: '20.x' } }),
      '.nvmrc': '18\n',
      '.node-version': '16\n',
    }
    const wants = (files: Files, config = {}): string =>
      `${plan(files, config).tools[0]?.want} ${plan(files, config).tools[0]?.from}`
    expect(wants(all, { SKYPANEL_NODE_VERSION: '24', NODE_VERSION: '22' })).toBe('24 SKYPANEL_NODE_VERSION')
    expect(wants(all, { NODE_VERSION: '22' })).toBe('22 NODE_VERSION')
    expect(wants(all)).toBe('20.x package.json#engines.node')
    expect(wants({ ...all, ...nodeApp })).toBe('18 .nvmrc')
    expect(wants({ ...nodeApp, '.node-version': '# ours\nv16.1.0\n' })).toBe('v16.1.0 .node-version')
    expect(wants({ ...nodeApp, '.nvmrc': 'lts/jod' })).toBe('22.x .nvmrc')
    expect(wants(nodeApp)).toBe('* default')
  })

  it.each([
    [{ build: 'tsc' }, {}, false],
    [{ build: 'npm run all', all: 'npm --prefix web ci && npm run x', x: 'curl x' }, {}, true],
    [{ build: 'tsc', prebuild: 'npx prisma generate' }, {}, true],
    [{ build: 'curl x' }, { SKYPANEL_BUILD_NETWORK: '0' }, false],
    [{ build: 'tsc' }, { SKYPANEL_BUILD_NETWORK: '1' }, true],
    [{}, { SKYPANEL_BUILD_CMD: 'curl x' }, true],
    [{ build: 'curl x' }, { SKYPANEL_BUILD_CMD: 'make' }, false],
  ])('gives a build with the scripts %j and settings %j the network: %s', (scripts, config, expected) => {
    const steps = plan(
      { ...nodeApp, 'package.json': json({ scripts: { start: 'node .', ...scripts } }) },
      config,
    ).steps
    expect(steps.find(({ name }) => name === 'build')?.network).toBe(expected)
  })
})

describe('bad input', () => {
  it.each<[string, Files, string]>([
    [
      'a binary Procfile',
      { ...nodeApp, Procfile: Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0) },
      'Procfile is not a text file',
    ],
    [
      'a giant Procfile',
      { ...nodeApp, Procfile: `web: ${'x'.repeat(70_000)}` },
      'Procfile is larger than 65536 bytes',
    ],
    ['a Procfile that is a folder', { ...nodeApp, 'Procfile/x': '' }, 'Procfile is not a file'],
    [
      'a Procfile with an empty command',
      { ...nodeApp, Procfile: 'web:\n' },
      'Procfile line 1: "web" has no command',
    ],
    [
      'a giant package.json',
      { 'package.json': json({ scripts: { start: 'x'.repeat(2 << 20) } }) },
      'package.json is larger than 1 MiB',
    ],
    [
      'a package.json that is no object',
      { 'package.json': '[]' },
      'package.json does not hold a JSON object',
    ],
    [
      'a package.json that ends early',
      { 'package.json': '{\n  "name": "x"' },
      'package.json is not valid JSON (line 2, column 14)',
    ],
    ['an empty package.json', { 'package.json': '' }, 'package.json is not valid JSON (line 1, column 1)'],
    [
      'a binary requirements.txt',
      { 'requirements.txt': Uint8Array.of(0xff, 0xfe, 65, 0), 'app.py': '' },
      'requirements.txt cannot be read (binary)',
    ],
    [
      'requirements from outside',
      { 'requirements.txt': '-r ../../etc/passwd', 'app.py': '' },
      '../../etc/passwd is outside of the app',
    ],
    [
      'a Staticfile root with odd characters',
      { Staticfile: 'root: a{b}' },
      'Staticfile line 1: root "a{b}" is not a folder of the app',
    ],
    [
      'a Python nobody has',
      { ...flaskApp, '.python-version': '2.7' },
      '.python-version asks for Python 2.7, which nobody has',
    ],
    [
      'a package manager nobody knows',
      { 'package.json': json({ packageManager: 'cnpm@9.0.0' }), 'index.js': '' },
      'package.json#packageManager names "cnpm", which is no package manager that is known here',
    ],
    [
      'a package manager of no version',
      { 'package.json': json({ packageManager: 'pnpm@next' }), 'index.js': '' },
      'package.json#packageManager asks for pnpm "next", which is not a version',
    ],
  ])('%s is refused in words', (_, files, message) => {
    expect(refusal(files)).toBe(message)
  })

  it('of the wrong type in a package.json counts as absent, as it does for npm', () => {
    const odd = {
      name: 5,
      main: {},
      scripts: { start: 'node .', build: 7 },
      engines: ['node'],
      dependencies: null,
      workspaces: 'x',
    }
    expect(plan({ 'package.json': json(odd) }).steps).toEqual([])
  })

  it('named like what every object inherits is a name like any other', () => {
    const files = {
      'package.json': json({
        scripts: { start: 'npm run constructor', build: 'npm run toString' },
        devDependencies: { x: '1' },
      }),
      '.nvmrc': '22',
      Procfile: 'worker: constructor\nconstructor: valueOf\n',
    }
    expect(plan(files).release.processes).toEqual({
      web: { command: 'npm start', from: 'package.json#scripts.start' },
      worker: { command: 'constructor', from: 'Procfile:1' },
      constructor: { command: 'valueOf', from: 'Procfile:2' },
    })
    expect(refusal({ ...nodeApp, '.nvmrc': 'constructor' })).toBe(
      '.nvmrc asks for Node "constructor", which is not a version',
    )
  })

  it('of a package.json that links out of the app is not read', () => {
    const folder = sourceFolder({ x: '' })
    symlinkSync('/etc/passwd', join(folder, 'package.json'))
    const result = planApp(
      openFolder(folder),
      settingsFrom({ SKYPANEL_BUILDPACK: 'node' }, 'test'),
      providers,
    )
    expect(result).toMatchObject({ ok: false, message: 'package.json is a link that leads out of the app' })
  })
})
