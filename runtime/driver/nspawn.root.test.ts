import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { conformance } from './conformance.ts'
import { execConformance } from './exec-conformance.ts'
import { processConformance } from './process-conformance.ts'
import { type ContainedStage, openNspawnStage } from './test-stage.ts'

let stage: ContainedStage
beforeAll(async () => {
  stage = await openNspawnStage('f0d1', '10.213.64.0/18')
}, 60_000)
afterAll(async () => {
  await stage?.close()
})

describe('the nspawn driver', { timeout: 60_000 }, () => {
  conformance(() => stage)
  execConformance(() => stage)
  processConformance(() => stage)

  test('it can run here, and says what it runs with', async () => {
    expect(await stage.driver().fingerprint()).toMatchObject({ ok: true })
  })
})
