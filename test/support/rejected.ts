import { expect } from 'vitest'
import { failuresDuring, type TestApp } from './platform.ts'

/**
 * Pushes a sample that cannot go live over an app whose version `one` serves: the push is rejected with these lines,
 * and nothing of the app has changed.
 */
export async function expectRejected(app: TestApp, sample: string, lines: readonly string[]): Promise<void> {
  const served = await app.live()
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
}
