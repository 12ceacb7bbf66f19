import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { InstanceSpec } from '../../server/contract/nodes.ts'
import { launcher } from './conformance.ts'
import type { ContainedStage } from './test-stage.ts'

const MB = 1024 * 1024

/**
 * Drivers whose instances are processes of this machine have to hold every limit. Where the machine has no controller
 * for one the test is left out by that name (memory: told with the other ends, in conformance.ts).
 */
export function processConformance(stage: () => ContainedStage): void {
  const { launch } = launcher(stage)
  const limits = (more: Partial<InstanceSpec['limits']>) => ({
    limits: { memoryMb: 256, cpuMilli: 1000, pids: 64, diskMb: 8, ...more },
  })
  const lacks = (controller: string) => stage().limiter.missing.includes(controller)

  async function said(command: string, more: Partial<InstanceSpec['limits']> = {}): Promise<string> {
    const driver = stage().driver()
    const { handle, folder } = await launch(driver, command, limits(more))
    await driver.wait(handle)
    const text = ['out', 'err'].map((name) => readFileSync(join(folder, 'log', name), 'utf8')).join('')
    await driver.destroy(handle)
    return text
  }

  test('no more processes are made than allowed', async ({ skip }) => {
    skip(lacks('pids'), 'this machine has no cgroup controller for pids')
    expect(await said('for i in $(seq 40); do sleep 1 & done; wait', { pids: 20 })).toMatch(
      /fork|Resource temporarily unavailable/,
    )
  })

  test('no more of a processor is used than its share', async ({ skip }) => {
    skip(lacks('cpu'), 'this machine has no cgroup controller for cpu')
    const driver = stage().driver()
    const { handle } = await launch(driver, 'while :; do :; done', limits({ cpuMilli: 200 }))
    await sleep(500)
    const used = async () => (await driver.stats(handle))?.cpuSeconds ?? Number.NaN
    const [before, from] = [await used(), performance.now()]
    await sleep(2000)
    const share = (((await used()) - before) * 1000) / (performance.now() - from)
    expect(share).toBeGreaterThan(0.02)
    expect(share).toBeLessThan(0.35)
    await driver.kill(handle)
    await driver.wait(handle)
    await driver.destroy(handle)
  })

  test.each([
    ['/app', 8],
    ['/tmp', 64],
    ['/var/tmp', 64],
    ['/dev/shm', 64],
  ])('no more is written below %s than fits, %d MB', async (folder, mb) => {
    const script = `const fs=require('fs');const f=fs.openSync('${folder}/big','w');try{for(;;)fs.writeSync(f,Buffer.alloc(${MB}))}catch(e){console.log(e.code,fs.fstatSync(f).size)}`
    const [code, size] = (await said(`exec node -e "${script}"`)).trim().split(' ')
    expect(code).toBe('ENOSPC')
    expect(Number(size)).toBeGreaterThan((mb - 2) * MB)
    expect(Number(size)).toBeLessThanOrEqual(mb * MB)
  })

  test('a pty is one to the app, with the size that it was asked with', async () => {
    const driver = stage().driver()
    const { handle } = await launch(
      driver,
      'tty; node -e "console.log(process.stdout.rows,process.stdout.columns)"',
      { attach: true, kind: 'run', pty: { rows: 33, columns: 77 } },
    )
    const line = await driver.attach(handle)
    let heard = ''
    line.onOutput((_, data) => (heard += data.toString()))
    await new Promise<void>((resolve) => line.onClose(resolve))
    expect(heard).toContain('/dev/pts/')
    expect(heard).toContain('33 77')
    expect(await driver.wait(handle)).toMatchObject({ code: 0 })
    await driver.destroy(handle)
  })

  test('no descriptor of the platform is open in an app', async () => {
    const text = await said('for f in /proc/self/fd/*; do echo "$f"; done')
    expect(text.match(/^\/proc\/self\/fd\/\d+$/gm)?.map((path) => Number(path.slice(14)))).toEqual([
      0, 1, 2, 3,
    ])
  })

  test('a command inside is in the namespaces of its instance and counts against its limits', async ({
    skip,
  }) => {
    skip(lacks('pids'), 'this machine has no cgroup controller for pids')
    const facts = `node -e '
      const fs = require("fs"), kinds = fs.readdirSync("/proc/self/ns")
      const rights = fs.readFileSync("/proc/self/status", "utf8").match(/^(Uid|Gid|Groups|Cap...|NoNewPrivs|Seccomp|Seccomp_filters):.*$/gm)
      console.log(JSON.stringify([process.cwd(), rights, fs.readFileSync("/proc/self/cgroup", "utf8"), kinds.map((kind) => fs.readlinkSync("/proc/self/ns/" + kind))]))'`
    const driver = stage().driver()
    const { handle, folder, spec } = await launch(driver, `${facts}; exec sleep 1000`, limits({ pids: 24 }))
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
    expect(
      (await inside('for f in /proc/self/fd/*; do echo "$f"; done')).match(/\d+$/gm)?.map(Number),
    ).toEqual([0, 1, 2, 3])
    expect(await inside('for i in $(seq 60); do sleep 1 & done; wait')).toMatch(/fork|Resource temporarily/)
    await driver.kill(handle)
    await driver.wait(handle)
    await driver.destroy(handle)
  })

  test('packages of the system lie over the stack, read-only, and nothing of them stays', async () => {
    const put = (path: string, text: string) => {
      mkdirSync(dirname(join(stage().home, path)), { recursive: true })
      writeFileSync(join(stage().home, path), text)
      chmodSync(join(stage().home, path), 0o755)
    }
    put('over/usr/bin/greet', '#!/bin/bash\necho greetings from $(cat /etc/greet.conf)\n')
    put('over/etc/greet.conf', 'the lower layer\n')
    put('above/etc/greet.conf', 'the upper layer\n')
    const system = [join(stage().home, 'above'), join(stage().home, 'over')]
    const command =
      'greet; node -e "console.log(6*7)"; echo x > /usr/bin/mine; echo x > /etc/greet.conf; true'
    const before = stage().traces()
    const driver = stage().driver()
    const { handle, folder } = await launch(driver, command, { artifact: { ...stage().artifact, system } })
    expect(await driver.wait(handle)).toMatchObject({ code: 0 })
    expect(readFileSync(join(folder, 'log', 'out'), 'utf8')).toBe('greetings from the upper layer\n42\n')
    expect(readFileSync(join(folder, 'log', 'err'), 'utf8').match(/Read-only file system/g)).toHaveLength(2)
    await driver.destroy(handle)
    rmSync(folder, { recursive: true, force: true })
    expect(stage().traces()).toEqual(before)
  })
}
