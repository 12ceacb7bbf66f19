import { describe, expect, test } from 'vitest'
import { plan, planned } from '../test/support/planning.ts'

const LOCK = { 'package-lock.json': '{"lockfileVersion":3,"packages":{}}' }
const app = (more: object = {}) => ({
  ...LOCK,
  'server.js': '',
  'package.json': JSON.stringify({
    name: 'x',
    scripts: { start: 'node server.js', test: 'node --test' },
    dependencies: { koa: '1' },
    devDependencies: { chai: '1' },
    ...more,
  }),
})
const CI = {
  'app.json': JSON.stringify({
    environments: { test: { scripts: { test: 'npm test' }, env: { LEVEL: 'low', 'no name': 'x' } } },
  }),
}
const stepOf = (made: ReturnType<typeof plan>) => made.steps.find(({ name }) => name === 'test')

describe('tests of an app', () => {
  test('are not run unless that is switched on', () => {
    expect(stepOf(plan({ ...app(), ...CI }))).toBeUndefined()
    expect(stepOf(plan({ ...app(), ...CI, 'skypanel.toml': 'test = true\n' }, { SKYPANEL_TEST: '0' }))).toBe(
      undefined,
    )
  })

  test('run after the build, without network, config vars or a trace in the release', () => {
    const made = plan(
      { ...app({ scripts: { build: 'make-it', start: 'node .' } }), ...CI },
      { SKYPANEL_TEST: '1' },
    )
    expect(stepOf(made)).toMatchObject({
      needs: ['build'],
      commands: ['npm test'],
      network: false,
      secrets: [],
      env: { NODE_ENV: 'test', LEVEL: 'low' },
    })
    expect(stepOf(made)?.env).not.toHaveProperty(['no name'])
    expect(made.release).toEqual(
      plan({ ...app({ scripts: { build: 'make-it', start: 'node .' } }), ...CI }).release,
    )
  })

  test('find development dependencies where nothing is built, and the release does not', () => {
    const made = plan({ ...app(), 'skypanel.toml': 'test = "npm test"\n' })
    expect(stepOf(made)).toMatchObject({
      needs: ['install'],
      inputs: { files: ['.'] },
      env: { NODE_ENV: 'test' },
    })
    const install = made.steps.find(({ name }) => name === 'install')
    expect(install?.commands.join()).toContain('--include=dev')
    expect(made.release.include).toContainEqual({ step: 'install-production', paths: ['.'] })
  })

  test('run in the folder of the app that is built with the others of its repository', () => {
    const made = plan(
      {
        'go.work': 'go 1.24\n\nuse (\n\t./api\n\t./words\n)\n',
        'api/go.mod': 'module example.com/api\n\ngo 1.24\n',
        'api/main.go': 'package main\n\nfunc main() {}\n',
        'api/skypanel.toml': 'test = "go test ./..."\n',
        'words/go.mod': 'module example.com/words\n\ngo 1.24\n',
      },
      { SKYPANEL_ROOT: 'api' },
    )
    expect(stepOf(made)?.commands).toEqual(['(cd api && go test ./...)'])
    expect(stepOf(made)?.caches).toEqual(['go'])
  })

  test('may fetch what they need first', () => {
    const json = JSON.stringify({ scripts: { test: 'pytest', 'test-setup': 'pip install pytest' } })
    const made = plan(
      { 'requirements.txt': 'flask\n', 'app.py': 'import flask\n', 'app.json': json },
      { SKYPANEL_TEST: 'on' },
    )
    expect(stepOf(made)).toMatchObject({ commands: ['pip install pytest', 'pytest'], network: true })
  })

  test('that are switched on and nowhere named are told so', () => {
    expect(planned(app(), { SKYPANEL_TEST: '1' })).toMatchObject({
      ok: false,
      message: expect.stringContaining('nothing says how to run them') as string,
      hint: expect.stringContaining('environments.test.scripts.test') as string,
    })
  })
})
