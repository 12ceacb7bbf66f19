import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { ServedWorld } from '../test/support/served.ts'

let world: ServedWorld

beforeAll(async () => {
  world = await ServedWorld.open()
})
afterAll(async () => {
  await world.close()
})

const broken: readonly { why: string; files: Record<string, string>; cause: string; next: string }[] = [
  {
    why: 'runs out of heap memory',
    files: {
      'package.json': JSON.stringify({
        name: 'heap',
        scripts: { build: 'node --max-old-space-size=32 fill.js', start: 'node server.js' },
      }),
      'fill.js': 'const all = []; for (;;) all.push(new Array(100000).fill({}))\n',
      'server.js': '',
    },
    cause: 'Node ran out of heap memory.',
    next: 'NODE_OPTIONS=--max-old-space-size',
  },
  {
    why: 'has a dependency that refuses this Node',
    files: {
      'package.json': JSON.stringify({
        name: 'engine',
        scripts: { start: 'node server.js' },
        engines: { node: '22.x' },
        dependencies: { old: 'file:old' },
      }),
      'old/package.json': JSON.stringify({ name: 'old', version: '1.0.0', engines: { node: '16.x' } }),
      '.npmrc': 'engine-strict=true\n',
      'server.js': '',
    },
    cause: 'A dependency refuses this version of Node or npm.',
    next: '"engines"',
  },
  {
    why: 'has a native module whose header is not there',
    files: {
      'package.json': JSON.stringify({
        name: 'native',
        scripts: { install: 'cc -c binding.c -o binding.o', start: 'node server.js' },
      }),
      'binding.c': '#include <no_such_library.h>\n',
      'server.js': '',
    },
    cause: 'did not find the header no_such_library.h',
    next: 'Aptfile',
  },
  {
    why: 'asks for a Python package that does not exist',
    files: { 'requirements.txt': 'flask==99.0\n', 'app.py': 'import flask\n' },
    cause: 'pip found no release of flask==99.0',
    next: 'requirements.txt',
  },
  {
    why: 'lacks a line of go.sum',
    files: {
      'go.mod': 'module example.com/shop\n\ngo 1.24.0\n\nrequire github.com/google/uuid v1.6.0\n',
      'go.sum': '',
      'main.go':
        'package main\n\nimport (\n\t"fmt"\n\n\t"github.com/google/uuid"\n)\n\nfunc main() { fmt.Println(uuid.New()) }\n',
    },
    cause: 'go.mod or go.sum does not name everything',
    next: 'go mod tidy',
  },
  {
    why: 'includes a C header that is not there',
    files: { 'main.c': '#include <pq-fe.h>\nint main(void) { return 0; }\n' },
    cause: 'A header is missing: pq-fe.h',
    next: 'Aptfile',
  },
  {
    why: 'names a Maven artifact that does not exist',
    files: {
      'pom.xml':
        '<project><modelVersion>4.0.0</modelVersion><groupId>a</groupId><artifactId>b</artifactId><version>1</version><dependencies><dependency><groupId>com.example</groupId><artifactId>no-such-thing</artifactId><version>1</version></dependency></dependencies></project>',
      'src/main/java/A.java': 'class A {}\n',
    },
    cause: 'com.example:no-such-thing:jar:1',
    next: 'version',
  },
]

describe('an app whose build fails is told the cause and the next step', () => {
  it.each(broken)('when it $why', async ({ why, files, cause, next }) => {
    const folder = mkdtempSync(join(tmpdir(), 'skypanel-broken-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
    const failed = await world.push({ name: `broken-${why}`, folder }).then(
      () => new Error('it was built'),
      (error: unknown) => (error instanceof Error ? error : new Error('no error')),
    )
    // The first two lines are what is told; the build's own words follow.
    const [message = '', hint = ''] = failed.message.split('\n')
    expect(message).toContain(cause)
    expect(hint).toContain(next)
  })
})
