import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { conformance } from './conformance.ts'
import { type NspawnStage, openNspawnStage } from './test-stage.ts'

let stage: NspawnStage
beforeAll(async () => {
  stage = await openNspawnStage('f0d1', '10.213.64.0/18')
}, 60_000)
afterAll(async () => {
  await stage?.close()
})

describe('the nspawn driver', { timeout: 60_000 }, () => {
  conformance(() => stage)

  test('it can run here, and says what it runs with', async () => {
    expect(await stage.driver().fingerprint()).toMatchObject({ ok: true })
  })
})
