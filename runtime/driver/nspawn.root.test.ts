import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { conformance, specOf } from './conformance.ts'
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
  processConformance(() => stage)

  test('it can run here, and says what it runs with', async () => {
    expect(await stage.driver().fingerprint()).toMatchObject({ ok: true })
  })

  test('packages of the system lie over the stack, read-only, and nothing of them stays', async () => {
    const put = (path: string, text: string) => {
      mkdirSync(dirname(join(stage.home, path)), { recursive: true })
      writeFileSync(join(stage.home, path), text)
      chmodSync(join(stage.home, path), 0o755)
    }
    put('over/usr/bin/greet', '#!/bin/bash\necho greetings from $(cat /etc/greet.conf)\n')
    put('over/etc/greet.conf', 'the lower layer\n')
    put('above/etc/greet.conf', 'the upper layer\n')
    const system = [join(stage.home, 'above'), join(stage.home, 'over')]
    const command =
      'greet; node -e "console.log(6*7)"; echo x > /usr/bin/mine; echo x > /etc/greet.conf; true'
    const before = stage.traces()
    const spec = specOf(stage, command, { artifact: { ...stage.artifact, system } })
    const folder = join(stage.home, 'instances', spec.id)
    mkdirSync(folder, { recursive: true })
    const driver = stage.driver()
    const handle = await driver.start(spec, stage.placement(199, folder), async () => undefined)
    expect(await driver.wait(handle)).toMatchObject({ code: 0 })
    expect(readFileSync(join(folder, 'log', 'out'), 'utf8')).toBe('greetings from the upper layer\n42\n')
    expect(readFileSync(join(folder, 'log', 'err'), 'utf8').match(/Read-only file system/g)).toHaveLength(2)
    await driver.destroy(handle)
    rmSync(folder, { recursive: true, force: true })
    expect(stage.traces()).toEqual(before)
  })
})
