import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { explainFailure } from '../explain.ts'
import type { ImagePlan } from '../plan.ts'
import { failedLine } from './image-failure.ts'
import { imageFacts, readDistrusted } from './image-config.ts'
import { asWritten, buildArguments, storageName, withoutOurs } from './make-image.ts'

const image: ImagePlan = {
  dockerfile: 'Dockerfile',
  context: '.',
  target: 'app',
  args: { A: 'b c' },
  bases: [{ line: 1, image: 'ghcr.io/a/b:1', base: { kind: 'pull', from: 'ghcr.io/a/b:1' } }],
  secrets: ['TOKEN', 'UNSET'],
}

test('buildah is given the secrets that are there, by the names of files and never by value', () => {
  const given = buildArguments(image, ['TOKEN'], null)
  expect(given).toContain('--secret=id=TOKEN,src=/secrets/values/TOKEN')
  expect(given.join(' ')).not.toContain('UNSET')
  expect(given).toContain('--build-arg-file=/in/variables')
  expect(given).toContain('--target=app')
  expect(given).toContain('--build-arg=A=b c')
})

test('the log has the names that the Dockerfile has', () => {
  const bases = new Map([['node:22', { name: 'localhost/skypanel/base:aa' }]])
  expect(asWritten('STEP 1/2: FROM localhost/skypanel/base:aa AS x', bases)).toBe(
    'STEP 1/2: FROM node:22 AS x',
  )
})

test('what the platform adds to a Dockerfile is not in the log', () => {
  const ours = ['NPM_CONFIG_REGISTRY', 'PIP_CERT']
  expect(withoutOurs('[1/2] STEP 2/7: ARG NPM_CONFIG_REGISTRY PIP_CERT', ours)).toBeNull()
  expect(withoutOurs('STEP 3/7: ARG PIP_CERT', ours)).toBe('STEP 3/7: ARG PIP_CERT')
  const unused = (names: string) => `[Warning] one or more build args were not consumed: [${names}]`
  expect(withoutOurs(unused('PIP_CERT'), ours)).toBeNull()
  expect(withoutOurs(unused('MINE PIP_CERT'), ours)).toBe(unused('MINE'))
})

test('layers that lie over another copy of a base are not looked for', () => {
  const over = (copy: string) => storageName(new Map([['node:22', { copy }]]))
  expect(over('one')).toBe(over('one'))
  expect(over('one')).not.toBe(over('other'))
})

test('what is started is what the image says, as the user that it was resolved to', () => {
  const config = {
    Env: ['PATH=/a', 'A=b=c', '=x', 'odd name=1'],
    Cmd: ['x'],
    Entrypoint: ['/e'],
    WorkingDir: '/w',
  }
  expect(imageFacts(JSON.stringify({ OCIv1: { config } }), '101\n102\n/home/x\n101\n')).toEqual({
    launch: { uid: 101, workdir: '/w' },
    env: { PATH: '/a', HOME: '/home/x', A: 'b=c' },
    command: 'exec /e x',
  })
  expect(imageFacts('{"OCIv1":{"config":{}}}', '1000\n1000\n/\n0\n').command).toBeNull()
  // Whatever a build left there, nothing starts as root.
  expect(() => imageFacts('{"OCIv1":{}}', '0\n0\n/\n0\n')).toThrow()
})

test('a file that a stranger left is not followed where it is a link', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'skypanel-image-'))
  try {
    writeFileSync(join(folder, 'file'), 'text')
    symlinkSync('/etc/hostname', join(folder, 'link'))
    expect(await readDistrusted(join(folder, 'file'))).toBe('text')
    await expect(readDistrusted(join(folder, 'link'))).rejects.toThrow()
    await expect(readDistrusted(folder)).rejects.toThrow()
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a failure names the line: of the image that cannot be had, or of the instruction', () => {
  const file = 'FROM ghcr.io/a/b:1 AS x\nRUN one \\\n  && two\nCOPY a b\nFROM x\nCOPY a b\n'
  const refused =
    'Error: creating build container: initializing source docker://ghcr.io/a/b:1: pinging container registry ghcr.io: Get "https://ghcr.io/v2/": dial tcp: lookup ghcr.io: no such host'
  expect(failedLine(image, file, ['STEP 1/3: FROM ghcr.io/a/b:1', refused])).toBe(1)
  expect(failedLine(image, file, ['[1/2] STEP 2/3: RUN one   && two', 'no'])).toBe(2)
  expect(failedLine(image, file, ['STEP 3/3: COPY a b', 'no'])).toBeNull()
  expect(explainFailure('dockerfile', refused)?.message).toBe(
    'The registry of the image ghcr.io/a/b:1 does not answer from a build',
  )
})
