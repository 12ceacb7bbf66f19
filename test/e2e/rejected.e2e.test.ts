import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestPlatform, type TestApp } from '../support/platform.ts'
import { expectRejected } from '../support/rejected.ts'

let platform: TestPlatform
let app: TestApp
beforeAll(async () => {
  platform = await TestPlatform.load()
  app = await platform.app('express')
  await app.deploy()
})
afterAll(async () => {
  await app.forget()
  await platform[Symbol.asyncDispose]()
})

describe('a push that cannot go live is rejected, and the old release goes on serving', () => {
  it.each([
    ['broken-build', 'whose build fails', ['error: src/cart.js:12: price is not defined']],
    ['crash-at-boot', 'that ends at boot', ['FATAL: no DATABASE_URL, cannot go on', 'status 3']],
    ['release-fails', 'whose release command fails', ['migration 0007 failed', 'status 5']],
  ])('%s: an app %s', (sample, _what, lines) => expectRejected(app, sample, lines))

  it('and the next good push goes live', async () => {
    await app.write('version.txt', 'mended\n')
    await app.deploy()
    expect(await app.text('/version')).toBe('mended')
  })
})
