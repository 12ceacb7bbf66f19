import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { conformance, specOf } from './conformance.ts'
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

  test('a command inside is in the namespaces of its instance and counts against its limits', async () => {
    const facts = `node -e '
      const fs = require("fs"), kinds = fs.readdirSync("/proc/self/ns")
      const rights = fs.readFileSync("/proc/self/status", "utf8").match(/^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp|Seccomp_filters):.*$/gm)
      console.log(JSON.stringify([process.cwd(), rights, fs.readFileSync("/proc/self/cgroup", "utf8"), kinds.map((kind) => fs.readlinkSync("/proc/self/ns/" + kind))]))'`
    const limits = { memoryMb: 256, cpuMilli: 1000, pids: 24, diskMb: 8 }
    const spec = specOf(stage, `${facts}; exec sleep 1000`, { limits })
    const folder = join(stage.home, 'instances', spec.id)
    mkdirSync(folder, { recursive: true })
    const driver = stage.driver()
    const handle = await driver.start(spec, stage.placement(198, folder), async () => undefined)
    const its = () => readFileSync(join(folder, 'log', 'out'), 'utf8')
    for (let round = 0; round < 400 && !its().endsWith('\n'); round++) await sleep(25)
    const inside = async (command: string) => {
      const line = await driver.exec(handle, spec, { command, env: {}, pty: null })
      let said = ''
      line.onOutput((_, data) => (said += data.toString()))
      await line.ended
      return said
    }
    expect(its()).toContain('Seccomp:\\t2')
    expect(await inside(facts)).toBe(its())
    expect(await inside('for i in $(seq 60); do sleep 1 & done; wait')).toMatch(/fork|Resource temporarily/)
    await driver.kill(handle)
    await driver.wait(handle)
    await driver.destroy(handle)
    rmSync(folder, { recursive: true, force: true })
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
