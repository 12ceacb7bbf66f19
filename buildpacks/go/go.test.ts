import { describe, expect, it } from 'vitest'
import { sourceFolder } from '../../test/support/folder.ts'
import { plan } from '../../test/support/planning.ts'
import { openFolder } from '../file-view.ts'
import { chooseGo } from '../inventory/go.ts'
import { firstProxy, toolchains } from '../inventory/go-proxy.ts'
import { request } from '../provider.ts'
import { mainsOf } from './mains.ts'
import { readModule, readWorkspace } from './module.ts'
import { importsOf, readSources } from './sources.ts'
import { rangeOf } from './versions.ts'

const viewOf = (files: Record<string, string>) => openFolder(sourceFolder(files))
const main = (body = '') => `package main\n\nimport "net/http"\n\nfunc main() { ${body} }\n`

describe('the version of Go', () => {
  it.each([
    ['go1.22', '~1.22.0'],
    ['1.24.3', '1.24.3'],
    ['1.24.x', '~1.24.0'],
    ['1.13', '^1.21.0'],
    ['latest', '*'],
    ['two', null],
    ['2', null],
  ])('%s is the range %s', (text, range) => {
    expect(rangeOf(text)).toBe(range)
  })

  it('is the newest that fits, or what the last build used; old lines are warned of', () => {
    const tool = request({
      name: 'go',
      want: '~1.22.0',
      from: 'go.mod#go',
      source: 'goproxy',
      phase: ['build'],
    })
    const offered = ['1.21.0', '1.22', '1.22.4', '1.24.1', '1.25.0']
    expect(chooseGo(tool, offered, null)).toMatchObject({
      ok: true,
      version: '1.22.4',
      notes: [{ code: 'go.eol' }],
    })
    expect(chooseGo(tool, offered, '1.22')).toMatchObject({ ok: true, version: '1.22' })
    expect(chooseGo({ ...tool, want: '*' }, offered, null)).toMatchObject({ version: '1.25.0', notes: [] })
    expect(chooseGo({ ...tool, want: '1.23.9' }, offered, null)).toMatchObject({ ok: false })
  })

  it('is found in what the module proxy says', () => {
    const list = 'v0.0.1-go1.24.3.linux-amd64\nv0.0.1-go1.26rc1.linux-amd64\nv0.0.1-go1.24.3.linux-arm64\n'
    expect(toolchains(list, 'linux-amd64')).toEqual(['1.24.3'])
    expect(firstProxy('https://proxy.test/,direct')).toBe('https://proxy.test')
    expect(firstProxy('direct')).toBeNull()
  })
})

describe('the programs of a Go app', () => {
  const programs = (files: Record<string, string>, named: string | null = null) => {
    const view = viewOf(files)
    const set = named === null ? null : { name: 'SKYPANEL_GO_MAIN', value: named }
    return mainsOf(readSources(view).packages, readModule(view, '.'), set).map(({ type, target }) => [
      type,
      target,
    ])
  }
  const mod = 'module example.com/shop/v2\n\ngo 1.24\n'

  it('are the root and what lies in cmd/', () => {
    expect(programs({ 'go.mod': mod, 'main.go': main(), 'cmd/mailer/main.go': main() })).toEqual([
      ['web', '.'],
      ['mailer', './cmd/mailer'],
    ])
  })

  it('have one that is web: by its name, by the name of the module, or because it serves', () => {
    const files = {
      'go.mod': mod,
      'cmd/a/main.go': main(),
      'cmd/zed/main.go': main('http.ListenAndServe("", nil)'),
    }
    expect(programs(files)).toContainEqual(['web', './cmd/zed'])
    expect(programs({ ...files, 'cmd/shop/main.go': main() })).toContainEqual(['web', './cmd/shop'])
    expect(programs({ ...files, 'cmd/api/main.go': main() })).toContainEqual(['web', './cmd/api'])
  })

  it('are what the app names', () => {
    const files = {
      'go.mod': `${mod}// +heroku install ./tools/...\n`,
      'main.go': main(),
      'tools/x/main.go': main(),
    }
    expect(programs(files)).toEqual([['web', './tools/x']])
    expect(programs(files, '.')).toEqual([['web', '.']])
    expect(programs(files, 'example.com/shop/v2/tools/x')).toEqual([['web', './tools/x']])
  })

  it('do not count where they are examples, tests or for another system', () => {
    const files = {
      'go.mod': mod,
      'web/main.go': main(),
      'examples/x/main.go': main(),
      'main_windows.go': main(),
      'gen.go': `//go:build ignore\n\n${main()}`,
      'vendor/other/main.go': main(),
    }
    expect(programs(files)).toEqual([['web', './web']])
  })
})

describe('what a Go app imports', () => {
  it('is read from blocks and single lines, not from comments', () => {
    const code = `package a\n\nimport "fmt"\n// import "no"\nimport (\n\tx "example.com/x/v2"\n\t_ "embed" // for assets\n\n\t. "os"\n)\n/* import "never" */\n`
    expect(importsOf(code)).toEqual(['fmt', 'example.com/x/v2', 'embed', 'os'])
  })

  it('and go.work and replaced folders belong to the dependencies', () => {
    const view = viewOf({
      'go.work': 'go 1.24\n\nuse (\n\t./api\n\t./lib // shared\n)\nuse ./tools\n',
      'go.mod': 'module a\n\nreplace (\n\texample.com/x v1.0.0 => ./forks/x\n\texample.com/y => ../y\n)\n',
    })
    expect(readWorkspace(view)).toMatchObject({ go: '1.24', members: ['api', 'lib', 'tools'] })
    expect(readModule(view, '.').replaced).toEqual(['forks/x'])
  })
})

describe('the modules of a Go app', () => {
  const files = {
    'go.mod': 'module example.com/shop\n\ngo 1.24\n\nreplace example.com/x => ./forks/x\n',
    'forks/x/go.mod': 'module example.com/x\n\ngo 1.24\n',
    'forks/x/x.go': 'package x\n',
    'main.go': main(),
  }

  it('are fetched as the manifests say, whatever the code is', () => {
    const [install] = plan(files).steps
    expect(install?.name).toBe('install')
    expect(install?.inputs.files.toSorted()).toEqual(['forks/x/go.mod', 'forks/x/go.sum', 'go.mod', 'go.sum'])
  })

  it('are asked of nobody by the build, unless the app wants network', () => {
    const build = (config = {}) => plan(files, config).steps.find(({ name }) => name === 'build')
    expect(build()).toMatchObject({ network: false, env: { GOPROXY: 'file:///app/.sky/proxy' } })
    expect(build({ SKYPANEL_BUILD_NETWORK: '1' })?.env).not.toHaveProperty('GOPROXY')
  })

  it('lie in vendor/ where the app brings them, and nothing is fetched', () => {
    const vendored = plan({ ...files, 'vendor/modules.txt': '# example.com/x\n' })
    expect(vendored.steps.map(({ name, needs }) => [name, needs])).toEqual([['build', []]])
  })
})
