import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { conformance, launcher } from './conformance.ts'
import { execConformance } from './exec-conformance.ts'
import { processConformance } from './process-conformance.ts'
import { lxc } from './lxc.ts'
import { type ContainedStage, openStage } from './test-stage.ts'

let stage: ContainedStage
beforeAll(async () => {
  stage = await openStage(lxc, 'f0d2', '10.243.64.0/18')
}, 60_000)
afterAll(async () => {
  await stage?.close()
})

describe('the LXC driver', { timeout: 60_000 }, () => {
  conformance(() => stage)
  execConformance(() => stage)
  processConformance(() => stage)

  test('it can run here, and says what it runs with', async () => {
    expect(await stage.driver().fingerprint()).toMatchObject({ ok: true })
  })

  test('an app sees its own group alone, and finds out by it how much memory it has', async ({ skip }) => {
    skip(stage.limiter.missing.includes('memory'), 'this machine has no cgroup controller for memory')
    const driver = stage.driver()
    const { handle, folder } = await launcher(() => stage).launch(
      driver,
      'cat /proc/self/cgroup; exec node -e "console.log(process.constrainedMemory())"',
    )
    expect(await driver.wait(handle)).toMatchObject({ code: 0 })
    await driver.destroy(handle)
    const lines = readFileSync(join(folder, 'log', 'out'), 'utf8')
      .trim()
      .split('\n')
    expect(Number(lines.pop())).toBe(128 * 1024 * 1024)
    expect(lines.every((line) => line.endsWith(':/'))).toBe(true)
  })
})
