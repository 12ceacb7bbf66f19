import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { conformance } from './conformance.ts'
import { processConformance } from './process-conformance.ts'
import { lxc } from './lxc.ts'
import { type ContainedStage, openStage } from './test-stage.ts'

let stage: ContainedStage
beforeAll(async () => {
  stage = await openStage(lxc, 'f0d2', '10.215.64.0/18')
}, 60_000)
afterAll(async () => {
  await stage?.close()
})

describe('the LXC driver', { timeout: 60_000 }, () => {
  conformance(() => stage)
  processConformance(() => stage)

  test('it can run here, and says what it runs with', async () => {
    expect(await stage.driver().fingerprint()).toMatchObject({ ok: true })
  })
})
