import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run, tryRun } from '../exec.ts'
import { specOf } from '../driver/conformance.ts'
import type { Driver } from '../driver/driver.ts'
import { type ContainedStage, openNspawnStage } from '../driver/test-stage.ts'
import { kernelNames } from '../installation.ts'

const ID = 'f0b6'
let stage: ContainedStage
let driver: Driver
let index = 0
beforeAll(async () => {
  stage = await openNspawnStage(ID, '10.216.64.0/18')
  driver = stage.driver()
}, 120_000)
afterAll(() => stage?.close())

async function inside(script: string): Promise<string> {
  const spec = specOf(stage, `node -e '${script}'`)
  const folder = join(stage.home, 'instances', spec.id)
  mkdirSync(folder, { recursive: true })
  const handle = await driver.start(spec, stage.placement(index++, folder), async () => undefined)
  await driver.wait(handle)
  await driver.destroy(handle)
  return ['out', 'err'].map((name) => readFileSync(join(folder, 'log', name), 'utf8')).join('')
}

/** Prints `open` if anything of IPv6 works here, else why not. */
const PROBE = `const net=require("net"),os=require("os");
  const all=Object.values(os.networkInterfaces()).flat().filter((one)=>one.family==="IPv6");
  const dial=(host)=>new Promise((done)=>{const s=net.connect({host,port:9,family:6,timeout:1500});
    s.on("connect",()=>done("open"));s.on("timeout",()=>done("timeout"));s.on("error",(e)=>done(e.code))});
  (async()=>console.log(JSON.stringify({addresses:all.length,
    loop:await dial("::1"),far:await dial("2001:db8::1"),local:await dial("fe80::1%eth0")})))()`

describe('IPv6 is closed, never half', { timeout: 60_000 }, () => {
  test('an instance has no IPv6 address, and nothing of IPv6 leads anywhere', async () => {
    expect(JSON.parse(await inside(PROBE.replaceAll('\n', ' ')))).toEqual({
      addresses: 0,
      loop: 'EADDRNOTAVAIL',
      far: expect.stringMatching(/EADDRNOTAVAIL|ENETUNREACH|EACCES/) as string,
      local: expect.stringMatching(/EADDRNOTAVAIL|ENETUNREACH|EINVAL|ENODEV/) as string,
    })
  })

  test('the same probe finds IPv6 in a namespace that nobody closed', async () => {
    const netns = `skypanel-${ID}-open`
    await tryRun(['ip', 'netns', 'delete', netns])
    await run(['ip', 'netns', 'add', netns])
    try {
      await run(['ip', '-n', netns, 'link', 'set', 'lo', 'up'])
      const seen = await run(['ip', 'netns', 'exec', netns, process.execPath, '-e', PROBE])
      expect(JSON.parse(seen)).toMatchObject({ loop: 'ECONNREFUSED' })
    } finally {
      await run(['ip', 'netns', 'delete', netns])
    }
  })

  test('it cannot be switched on again from inside', async () => {
    const said = await inside(
      'const fs=require("fs");try{fs.writeFileSync("/proc/sys/net/ipv6/conf/all/disable_ipv6","0");console.log("written")}catch(e){console.log(e.code)}',
    )
    expect(said.trim()).toMatch(/^(EROFS|EACCES|EPERM|ENOENT)$/)
  })

  test('the bridge has no IPv6 either, so nothing answers on its link', async () => {
    const { bridge } = kernelNames(ID)
    expect(readFileSync(`/proc/sys/net/ipv6/conf/${bridge}/disable_ipv6`, 'utf8').trim()).toBe('1')
    expect(await run(['ip', '-6', 'address', 'show', 'dev', bridge])).toBe('')
  })
})
