import { describe, expect, it } from 'vitest'
import { sourceFolder } from '../test/support/folder.ts'
import { planApp } from './detect.ts'
import { openFolder } from './file-view.ts'
import { buildpackWord, languageNamed } from './named.ts'
import { loadProviders } from './providers.ts'
import { settingsFrom } from './settings.ts'

const providers = await loadProviders()
const node = {
  'package.json': '{ "scripts": { "start": "node server.js" }, "dependencies": { "express": "5" } }',
  'server.js': '',
}
const python = { 'requirements.txt': 'flask\n', 'app.py': 'from flask import Flask\napp = Flask(__name__)\n' }
const planned = (files: Record<string, string>, config: Record<string, string> = {}) =>
  planApp(openFolder(sourceFolder(files)), settingsFrom(config, 'test'), providers)
const plan = (files: Record<string, string>, config: Record<string, string> = {}) => {
  const result = planned(files, config)
  if (!result.ok) throw new Error(result.message)
  return result.plan
}
const main = (files: Record<string, string>, config = {}) => plan(files, config).detected[0]?.provider

describe("the name that Heroku's CLI knows a buildpack by", () => {
  it.each([
    ['heroku/nodejs', 'node'],
    ['heroku/nodejs-engine@3.2.0', 'node'],
    ['heroku/python', 'python'],
    ['heroku/ruby', 'ruby'],
    ['heroku/go', 'go'],
    ['heroku/java', 'java'],
    ['heroku/gradle', 'java'],
    ['heroku/php', 'php'],
    ['heroku-community/static', 'static'],
    ['https://github.com/heroku/heroku-buildpack-nodejs', 'node'],
    ['https://github.com/heroku/heroku-buildpack-python.git#v123', 'python'],
    ['https://user:secret@github.com/heroku/heroku-buildpack-go.git', 'go'],
    ['git@github.com:heroku/heroku-buildpack-ruby.git', 'ruby'],
    ['https://github.com/emk/heroku-buildpack-rust', 'rust'],
    ['https://github.com/HashNuke/heroku-buildpack-elixir.git', 'elixir'],
    ['https://buildpack-registry.example.com/buildpacks/heroku/php.tgz', 'php'],
    ['urn:cnb:registry:heroku/nodejs', 'node'],
    ['urn:buildpack:heroku/java', 'java'],
    ['paketo-buildpacks/nodejs', 'node'],
    ['docker://registry.example.com/paketo-buildpacks/go', 'go'],
    ['node', 'node'],
    ['heroku-community/apt', null],
    ['https://github.com/somebody/heroku-buildpack-constructor', null],
  ])('%s stands for %s', (name, language) => {
    expect(languageNamed(name, providers)).toBe(language)
  })

  it('is cut to its last word, whatever it is', () => {
    for (const odd of ['', '/', '@', '...', '#', 'https://', ':'.repeat(9)])
      expect(typeof buildpackWord(odd)).toBe('string')
  })
})

describe('a buildpack that is named', () => {
  const both = { ...node, ...python }

  it('by a setting beats what would be detected', () => {
    expect(main(both, { SKYPANEL_BUILDPACK: 'heroku/python' })).toBe('python')
    expect(main(both, { BUILDPACK_URL: 'https://github.com/heroku/heroku-buildpack-python' })).toBe('python')
    expect(planned(both, { SKYPANEL_BUILDPACK: 'somebody/logo' })).toMatchObject({
      ok: false,
      message: 'There is no buildpack "somebody/logo"',
    })
  })

  it.each([
    ['skypanel.toml', 'buildpack = "python"\n'],
    ['project.toml', '[[build.buildpacks]]\nid = "heroku/python"\n'],
    ['project.toml', '[[io.buildpacks.group]]\nid = "heroku/python"\nversion = "1"\n'],
    ['project.toml', '[[build.buildpacks]]\nuri = "docker://registry.example.com/heroku/buildpack-python"\n'],
    ['app.json', '{ "buildpacks": [{ "url": "heroku/python" }] }'],
    ['app.json', '{ "buildpacks": ["https://github.com/heroku/heroku-buildpack-python"] }'],
    ['.buildpacks', '# two\nhttps://github.com/heroku/heroku-buildpack-python.git\n'],
  ])('in %s as %j is taken', (file, text) => {
    expect(main({ ...both, [file]: text })).toBe('python')
    expect(main({ ...both, [file]: text }, { SKYPANEL_BUILDPACK: 'node' })).toBe('node')
  })

  it('last of several says what is started, unless it is only there for the others', () => {
    const packs = (...urls: string[]) => ({
      'app.json': JSON.stringify({ buildpacks: urls.map((url) => ({ url })) }),
    })
    expect(main({ ...both, ...packs('heroku/nodejs', 'heroku/python') })).toBe('python')
    expect(main({ ...both, ...packs('heroku/python', 'heroku/nodejs') })).toBe('node')
    const assets = { 'package.json': '{ "devDependencies": { "prettier": "3" } }' }
    expect(main({ ...python, ...assets, ...packs('heroku/python', 'heroku/nodejs') })).toBe('python')
  })

  it('in a file, whose language is not there, is told and not followed', () => {
    const file = {
      'app.json': '{ "buildpacks": [{ "url": "heroku/ruby" }, { "url": "heroku-community/apt" }] }',
    }
    const made = plan({ ...node, ...file })
    expect(made.detected[0]?.provider).toBe('node')
    expect(made.notes.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['buildpack.unfit', 'buildpack.beside']),
    )
  })

  it('with credentials in its address does not bring them into the plan', () => {
    const file = { '.buildpacks': 'https://me:hunter2hunter2@example.com/x/heroku-buildpack-odd.git\n' }
    const made = plan({ ...node, ...file })
    expect(made.notes.map(({ code }) => code)).toContain('buildpack.unknown')
    expect(JSON.stringify(made)).not.toContain('hunter2')
  })

  it('against what the files look like is told', () => {
    const made = plan(both, { SKYPANEL_BUILDPACK: 'heroku/nodejs' })
    expect(made.notes.map(({ message }) => message)).toContain(
      'SKYPANEL_BUILDPACK says that this is Node.js; by its files it would be Python.',
    )
  })

  it('in files that are broken is none', () => {
    for (const broken of [{ 'app.json': '{' }, { 'project.toml': '[[' }, { 'app.json': '{"buildpacks":7}' }])
      expect(main({ ...node, ...broken })).toBe('node')
  })
})
