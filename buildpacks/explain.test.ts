import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { explainFailure, KnownErrors } from './explain.ts'

const here = fileURLToPath(new URL('.', import.meta.url))

describe('the reason of a failed build', () => {
  it.each([
    ['cpp', 'c++: fatal error: Killed signal terminated program cc1plus', /ran out of memory/],
    ['shell', 'bash: line 3: jq: command not found', /command jq was not found/],
    ['python', 'error: Multiple top-level packages discovered in a flat-layout: [...]', /which folders/],
    ['python', "ModuleNotFoundError: No module named 'pkg_resources'", /newer Pythons do not bring/],
    ['go', 'main.go:4:2: package shop/db is not in std (/x/src/shop/db)', /no package shop\/db/],
    ['rust', 'error: feature `edition2024` is required', /edition 2024/],
    ['ruby', 'You must use Bundler 4 or greater with this lockfile.', /made by Bundler 4/],
    ['php', 'PHP Fatal error: Allowed memory size of 134217728 bytes exhausted', /ran out of the memory/],
    ['java', '[FATAL] Non-resolvable parent POM for a:b:1: com.acme:parent:7 was not found', /parent pom/],
    [
      'java',
      '[ERROR] Could not find artifact a:b:jar:1 in central (https://x)',
      /no a:b:jar:1 in the repository/,
    ],
    [
      'java',
      'Cannot access central (https://x) in offline mode and the artifact a:b:jar:1 has not been downloaded from it before.',
      /needs a:b:jar:1/,
    ],
    [
      'node',
      'npm error code EBADPLATFORM\nnpm error notsup Unsupported platform for fsevents@2.3.3: wanted',
      /fsevents@2\.3\.3 is made for another system/,
    ],
    [
      'node',
      'npm error `npm ci` can only install packages when your package.json and package-lock.json or npm-shrinkwrap.json are in sync.',
      /does not fit package\.json/,
    ],
    [
      'node',
      'npm error code ETARGET\nnpm error notarget No matching version found for express@^99.0.0.',
      /No version of express@\^99\.0\.0\./,
    ],
    [
      'node',
      "npm error code E404\nnpm error 404 Not Found - GET https://r.test/nope - Not found\nnpm error 404  'nope@1.0.0' is not in this registry.",
      /nope/,
    ],
    ['node', 'npm error code ERESOLVE\nnpm error ERESOLVE unable to resolve dependency tree', /contradict/],
    ['node', 'sh: 1: tsc: not found', /command tsc was not found/],
    [
      'node',
      "Error: Cannot find module './routes/Users'\nRequire stack:",
      /module \.\/routes\/Users was not found/,
    ],
    ['node', "src/a.ts(3,5): error TS2322: Type 'string' is not assignable to type 'number'.", /TypeScript/],
    ['node', 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory', /heap/],
    ['node', 'npm error Missing script: "bundle"', /no script "bundle"/],
    [
      'python',
      'ERROR: Could not find a version that satisfies the requirement flsk==3\nERROR: No matching distribution found for flsk==3',
      /no release of flsk==3/,
    ],
    ['python', "ModuleNotFoundError: No module named 'whitenoise'", /whitenoise/],
    [
      'python',
      'django.core.exceptions.ImproperlyConfigured: The SECRET_KEY setting must not be empty.',
      /SECRET_KEY/,
    ],
    [
      'node',
      ' ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with "frozen-lockfile"',
      /pnpm-lock\.yaml does not fit/,
    ],
    [
      'node',
      'error Your lockfile needs to be updated, but yarn was run with `--frozen-lockfile`.',
      /yarn\.lock does not fit/,
    ],
    [
      'node',
      '➤ YN0028: │ The lockfile would have been modified by this install, which is explicitly forbidden.',
      /yarn\.lock does not fit/,
    ],
    ['node', 'error: lockfile had changes, but lockfile is frozen', /bun\.lock does not fit/],
    [
      'node',
      'error next@16.0.0: The engine "node" is incompatible with this module. Expected version ">=20.9". Got "18.20.8"',
      /needs node >=20\.9, and this is 18\.20\.8/,
    ],
    ['node', ' ERR_PNPM_NO_SCRIPT  Missing script: bundle', /no script "bundle"/],
    ['node', '../src/canvas.h:3:10: fatal error: cairo.h: No such file or directory', /the header cairo\.h/],
    ['node', "Error: Cannot find module '@rollup/rollup-linux-x64-gnu'", /native tool for Linux/],
    [
      'python',
      'error: The lockfile at `uv.lock` needs to be updated, but `--locked` was provided.',
      /uv\.lock/,
    ],
    [
      'python',
      'pyproject.toml changed significantly since poetry.lock was last generated. Run `poetry lock` to fix the lock file.',
      /poetry\.lock does not fit/,
    ],
    [
      'python',
      'Your Pipfile.lock (a1b2c3) is out of date. Expected: (d4e5f6).',
      /Pipfile\.lock does not fit/,
    ],
    ['static', 'cat: write error: No space left on device', /disk space/],
    ['node', 'getaddrinfo EAI_AGAIN api.test', /network/],
    ['unknown', 'Killed', /memory/],
  ])('%s: %s', (provider, output, expected) => {
    expect(explainFailure(provider, `lines before\n${output}\nlines after\n`)?.message).toMatch(expected)
  })

  it('is not made up where nothing is known, and no name leads out of the folder', () => {
    expect(explainFailure('node', 'all is well')).toBeNull()
    expect(explainFailure('../../etc', 'all is well')).toBeNull()
  })

  it('is looked for in the end of the output, in a time that does not depend on its length', () => {
    const noise = `npm error code E404\n${'npm error code E404 '.repeat(20_000)}`
    expect(explainFailure('node', `${noise}\nsh: 1: vite: not found\n`)?.message).toMatch(/vite/)
  })

  it('is known in words of cause and advice, in every language', () => {
    const files = [
      join(here, 'errors.json'),
      ...readdirSync(here, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => join(here, name, 'errors.json')),
    ]
    for (const file of files) {
      let text: string
      try {
        text = readFileSync(file, 'utf8')
      } catch {
        continue
      }
      for (const { match, cause, advice } of KnownErrors.parse(JSON.parse(text))) {
        expect(() => new RegExp(match, 'm'), `${file}: ${match}`).not.toThrow()
        expect(cause.length).toBeGreaterThan(10)
        expect(advice.length).toBeGreaterThan(10)
      }
    }
  })
})
