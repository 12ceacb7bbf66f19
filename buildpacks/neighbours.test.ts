import { describe, expect, it } from 'vitest'
import { sourceFolder } from '../test/support/folder.ts'
import { planApp } from './detect.ts'
import { openFolder } from './file-view.ts'
import { loadProviders } from './providers.ts'
import { settingsFrom } from './settings.ts'

const providers = await loadProviders()

type Files = Readonly<Record<string, string>>
const chosen = (files: Files) => {
  const result = planApp(openFolder(sourceFolder(files)), settingsFrom({}, 'test'), providers)
  return result.ok ? result.plan.detected[0]?.provider : result.message
}

const node = { 'package.json': JSON.stringify({ scripts: { start: 'node index.js' } }), 'index.js': '' }
const python = { 'requirements.txt': 'flask\n', 'app.py': 'app = Flask(__name__)\n' }
const ruby = { Gemfile: 'gem "puma"\n', 'config.ru': 'run 1\n' }
const go = { 'go.mod': 'module x\n\ngo 1.22\n', 'main.go': 'package main\n\nfunc main() {}\n' }
const rust = { 'Cargo.toml': '[package]\nname = "x"\nversion = "0.1.0"\n', 'src/main.rs': 'fn main() {}\n' }

/** What lies around in repositories without being the app. */
const around: readonly [string, Files][] = [
  ['a Makefile', { Makefile: 'run:\n\tnode .\n' }],
  ['scripts in Perl', { 'scripts/build.pl': 'use strict;\n', 'release.pl': 'use strict;\nprint 1;\n' }],
  ['setup.R and an analysis', { 'setup.R': 'library(x)\n', 'analysis/plot.R': 'plot(1)\n' }],
  ['a Lua script of its proxy', { 'nginx/access.lua': 'ngx.say(1)\n', 'init.lua': 'vim.opt.x = 1\n' }],
  ['a Scheme file', { 'guix.scm': '(use-modules (guix))\n', 'manifest.scm': '()\n' }],
  ['a package.yaml of another tool', { 'package.yaml': 'name: x\n' }],
  ['a Project.toml of another tool', { 'Project.toml': 'name = "x"\n' }],
  ['a folder of C#', { 'tools/Gen/Gen.csproj': '<Project Sdk="Microsoft.NET.Sdk"></Project>' }],
  ['a COBOL sample', { 'samples/x.cbl': 'id division.\n' }],
  ['a Nim and a Zig file deep inside', { 'native/lib/x.nim': '', 'native/zig/src/x.zig': '' }],
  ['the icons of a Dart client', { 'client/pubspec.yaml': 'name: x\n' }],
]

describe.each<[string, Files]>([
  ['node', node],
  ['python', python],
  ['ruby', ruby],
  ['go', go],
  ['rust', rust],
])('an app of %s', (name, files) => {
  it.each(around)('stays one with %s beside it', (_, more) => {
    expect(chosen({ ...files, ...more })).toBe(name)
  })
})

describe('an app of another language', () => {
  it.each<[string, string, Files]>([
    ['perl', 'a package.json for its assets', { 'app.psgi': 'use strict;', cpanfile: "requires 'Plack';" }],
    ['crystal', 'a package.json for its assets', { 'shard.yml': 'name: x\n', 'src/x.cr': '' }],
    ['haskell', 'a package.json for its assets', { 'x.cabal': 'name: x\nexecutable x\n', 'app/Main.hs': '' }],
    [
      'ocaml',
      'a package.json for its assets',
      { 'dune-project': '(lang dune 3.0)', dune: '(executable (name x))' },
    ],
    [
      'clojure',
      'a package.json for its assets',
      { 'project.clj': '(defproject x "1")', 'src/x.clj': '(ns x)' },
    ],
    [
      'scala',
      'a package.json for its assets',
      { 'build.sbt': '', 'src/main/scala/Main.scala': '@main def run = 1' },
    ],
    [
      'dotnet',
      'a package.json for its assets',
      { 'X.csproj': '<Project Sdk="Microsoft.NET.Sdk.Web"></Project>' },
    ],
    ['dart', 'a package.json for its assets', { 'pubspec.yaml': 'name: x\n', 'bin/server.dart': '' }],
    ['gleam', 'a package.json for its assets', { 'gleam.toml': 'name = "x"\n' }],
    ['nim', 'a Makefile', { 'x.nimble': 'bin = @["x"]\n', 'x.nim': '', Makefile: 'all:\n' }],
    ['d', 'a Makefile', { 'dub.json': '{"name":"x"}', 'source/app.d': '', Makefile: 'all:\n' }],
    [
      'zig',
      'C that it compiles',
      { 'build.zig': 'b.addExecutable(.{ .name = "x" })', 'x.c': '', Makefile: '' },
    ],
    [
      'haskell',
      'C that it compiles',
      { 'x.cabal': 'name: x\nexecutable x\n', 'Main.hs': '', 'cbits/x.c': '' },
    ],
  ])('is one of %s with %s', (name, beside, files) => {
    const assets = JSON.stringify({ scripts: { build: 'vite build' }, devDependencies: { vite: '7' } })
    expect(chosen(beside.startsWith('a package') ? { ...files, 'package.json': assets } : files)).toBe(name)
  })

  it.each<[string, Files]>([
    ['a game in Lua', { 'main.lua': 'function love.draw() end\n' }],
    ['a settings folder of an editor', { 'init.lua': 'vim.opt.number = true\n' }],
    ['a library of Perl', { 'Makefile.PL': 'use ExtUtils::MakeMaker;', 'lib/X.pm': 'package X;' }],
  ])('is not what %s is', (_, files) => {
    expect(chosen(files)).toBe('No language was recognised in this app')
  })
})
