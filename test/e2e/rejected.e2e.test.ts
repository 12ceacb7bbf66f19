import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { failuresDuring, TestPlatform, type TestApp } from '../support/platform.ts'

let platform: TestPlatform
let app: TestApp
let served: number | undefined
beforeAll(async () => {
  platform = await TestPlatform.load()
  app = await platform.app('express')
  await app.deploy()
  served = await app.live()
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
    ['never-listens', 'that never listens', ['waiting for something that never comes']],
  ])('%s: an app %s', async (sample, _what, lines) => {
    await app.become(sample)
    let pushed = { code: 0, stderr: '' }
    const failures = await failuresDuring(
      () => app.fetch('/version'),
      async () => {
        pushed = await app.push()
      },
    )
    expect(pushed.code).not.toBe(0)
    for (const line of lines) expect(pushed.stderr).toContain(line)
    expect(pushed.stderr).toMatch(/remote: .*!.*Push rejected/)
    expect(pushed.stderr).toContain('(pre-receive hook declined)')
    expect(failures).toEqual([])
    expect(await app.text('/version')).toBe('one')
    expect(await app.live()).toBe(served)
    // The branch did not move either, so the same commit can be mended and pushed again.
    const { stdout } = await app.git('ls-remote', 'skypanel', 'refs/heads/main')
    const { stdout: head } = await app.git('rev-parse', 'HEAD')
    expect(stdout).not.toContain(head.trim())
    await app.git('reset', '-q', '--hard', 'HEAD~1')
  })

  it('and the next good push goes live', async () => {
    await app.write('version.txt', 'mended\n')
    await app.deploy()
    expect(await app.text('/version')).toBe('mended')
  })
})
