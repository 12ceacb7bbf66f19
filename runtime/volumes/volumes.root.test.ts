import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mountSmallDisk } from '../../test/support/small-disk.ts'
import { VolumeId, type VolumeMount } from '../../server/contract/volumes.ts'
import { APP_UID } from '../command/instance.ts'
import { specOf } from '../driver/conformance.ts'
import type { Driver, Handle } from '../driver/driver.ts'
import { lxc } from '../driver/lxc.ts'
import { nspawn } from '../driver/nspawn.ts'
import { type ContainedStage, openStage } from '../driver/test-stage.ts'
import { loopOf } from './loop.ts'
import { createVolumes, mountedDisk, type Volumes } from './volumes.ts'

const APP = '0198c0de-0000-7000-8000-00000000000a'
const UID = 0x30000000 + APP_UID
let stage: ContainedStage
let driver: Driver
let folder: string
let volumes: Volumes
let index = 0
let number = 0
const running = new Map<string, Parameters<typeof mountedDisk>[0]>()

const newVolume = (mount = '/app/data'): VolumeMount => ({
  id: VolumeId.parse(`0198c0de-0000-7000-8000-0000000001${String(number++).padStart(2, '0')}`),
  name: 'data',
  mount,
})
const image = (volume: VolumeMount) => join(folder, APP, volume.id, 'disk.img')

interface Started {
  readonly id: string
  readonly handle: Handle
  readonly said: () => string
  end(): Promise<string>
}

/** An instance that has the volume, as the agent starts it. */
async function begin(volume: VolumeMount, command: string): Promise<Started> {
  const spec = specOf(stage, command, { volumes: [volume] })
  const disks = await volumes.attach(spec, APP, [volume])
  const place = join(stage.home, 'instances', spec.id)
  mkdirSync(place, { recursive: true })
  const handle = await driver.start(
    spec,
    { ...stage.placement(index++, place), disks },
    async () => undefined,
  )
  running.set(spec.id, { spec, placement: { folder: place }, state: { status: { status: 'ready' } } })
  const said = () => ['out', 'err'].map((name) => readFileSync(join(place, 'log', name), 'utf8')).join('')
  return {
    id: spec.id,
    handle,
    said,
    async end() {
      await driver.kill(handle)
      await driver.wait(handle)
      await driver.destroy(handle)
      running.delete(spec.id)
      await volumes.detach(spec.id, APP, [volume])
      return said()
    },
  }
}

async function once(volume: VolumeMount, command: string): Promise<string> {
  const started = await begin(volume, command)
  await driver.wait(started.handle)
  return await started.end()
}

async function until(started: Started, text: string): Promise<void> {
  for (let round = 0; round < 400; round++, await sleep(25)) if (started.said().includes(text)) return
  throw new Error(`it never said ${text}: ${started.said()}`)
}

const node = (script: string) => `exec node -e '${script}'`
const FS =
  'const fs=require("fs");const say=console.log;const D="/app/data";const mb=()=>{const s=fs.statfsSync(D);return Math.round(s.blocks*s.bsize/1048576)};const attempt=(f)=>{try{return f()}catch(e){return e.code}};'

describe.each([
  { supervisor: nspawn, id: 'f0b7', range: '10.216.128.0/18' },
  { supervisor: lxc, id: 'f0b8', range: '10.246.128.0/18' },
])('a volume, with $supervisor.name,', { timeout: 120_000 }, ({ supervisor, id, range }) => {
  beforeAll(async () => {
    stage = await openStage(supervisor, id, range)
    driver = stage.driver()
    folder = mkdtempSync(join(tmpdir(), 'skypanel-volumes-'))
    volumes = createVolumes({ folder, mounted: (id, volume) => mountedDisk(running.get(id) ?? null, volume) })
  }, 120_000)
  afterAll(async () => {
    await volumes?.removeApp(APP)
    rmSync(folder, { recursive: true, force: true })
    await stage?.close()
  })

  test('is empty, belongs to the app, and what is written in it is there for the next instance', async () => {
    const volume = newVolume()
    expect(await volumes.ensure(APP, volume.id, 32, UID)).toEqual({ sizeMb: 32, live: true })
    const first = node(
      `${FS}say(fs.readdirSync(D).length,process.getuid(),fs.statSync(D).uid);fs.writeFileSync(D+"/file","kept")`,
    )
    expect(await once(volume, first)).toBe('0 1000 1000\n')
    expect(await once(volume, node(`${FS}say(fs.readFileSync(D+"/file","utf8"))`))).toBe('kept\n')
    expect(await loopOf(image(volume))).toBeNull()
  })

  test('never holds more than its size, and its blocks are the app’s from the beginning', async () => {
    const volume = newVolume()
    await volumes.ensure(APP, volume.id, 32, UID)
    expect(statSync(image(volume)).blocks * 512).toBeGreaterThanOrEqual(32 * 1024 * 1024)
    const script = `${FS}let n=0;const part=Buffer.alloc(1048576,1);say(attempt(()=>{for(;;n++)fs.appendFileSync(D+"/big",part)}),n)`
    const [code, written] = (await once(volume, node(script))).trim().split(' ')
    expect(code).toBe('ENOSPC')
    expect(Number(written)).toBeLessThanOrEqual(32)
    expect(Number(written)).toBeGreaterThan(20)
  })

  test('has one writer: a second instance is refused by name, and the first keeps what it has', async () => {
    const volume = newVolume()
    await volumes.ensure(APP, volume.id, 16, UID)
    const first = await begin(volume, 'echo up; exec sleep 1000')
    await until(first, 'up')
    await expect(begin(volume, 'true')).rejects.toThrow(/one writer at a time, and that is web\.1/)
    await volumes.detach('somebody else', APP, [volume])
    expect(await loopOf(image(volume))).not.toBeNull()
    await expect(volumes.remove(APP, volume.id)).rejects.toThrow(/web\.1 has the volume/)
    await first.end()
    expect(await once(volume, 'echo again')).toBe('again\n')
  })

  test('grows under a running instance, at the latest for its next start, and never shrinks', async () => {
    const volume = newVolume()
    await volumes.ensure(APP, volume.id, 16, UID)
    const started = await begin(volume, node(`${FS}say("first",mb());setInterval(()=>say("now",mb()),100)`))
    await until(started, 'first')
    const { sizeMb, live } = await volumes.ensure(APP, volume.id, 64, UID)
    expect(sizeMb).toBe(64)
    const before = started.said().length
    await until(started, 'now')
    await sleep(400)
    const seen = Number(started.said().slice(before).trim().split(/\s+/).at(-1))
    // Root of a container may lack the right to grow what is mounted; then it says so.
    expect(seen > 40).toBe(live)
    await started.end()
    expect(Number(await once(volume, node(`${FS}say(mb())`)))).toBeGreaterThan(40)
    await expect(volumes.ensure(APP, volume.id, 32, UID)).rejects.toThrow(
      /has 64 MB, and a volume can only grow/,
    )
  })

  test('a snapshot is whole though it was taken while the app wrote, and comes back when it is restored', async () => {
    const volume = newVolume()
    await volumes.ensure(APP, volume.id, 32, UID)
    const writer = await begin(
      volume,
      node(
        `${FS}fs.writeFileSync(D+"/a","before");say("up");for(let i=0;;i++)fs.writeFileSync(D+"/n",String(i))`,
      ),
    )
    await until(writer, 'up')
    await volumes.snapshot(APP, volume.id, '20261122-010000')
    await expect(volumes.restore(APP, volume.id, '20261122-010000')).rejects.toThrow(/web\.1 has the volume/)
    await writer.end()
    await once(volume, node(`${FS}fs.writeFileSync(D+"/a","after");fs.writeFileSync(D+"/b","b")`))
    await volumes.ensure(APP, volume.id, 48, UID)
    await volumes.restore(APP, volume.id, '20261122-010000')
    const look = node(`${FS}say(fs.readFileSync(D+"/a","utf8"),fs.existsSync(D+"/b"),mb()>32)`)
    expect(await once(volume, look)).toBe('before false true\n')
    const [listed] = volumes.list(APP).filter((one) => one.volume === volume.id)
    expect(listed).toMatchObject({ sizeMb: 48, attached: null, snapshots: [{ name: '20261122-010000' }] })
  })

  test('links that an app makes in it lead nowhere on the host, and no device works in it', async () => {
    const volume = newVolume()
    await volumes.ensure(APP, volume.id, 16, UID)
    const secret = join(stage.home, 'secret')
    writeFileSync(secret, 'secret of the host', { mode: 0o644 })
    const script = `${FS}fs.symlinkSync("${secret}",D+"/s");fs.symlinkSync("/",D+"/root");
      say(attempt(()=>fs.readFileSync(D+"/s","utf8")));say(attempt(()=>fs.readdirSync(D+"/root${stage.home}")));
      say(attempt(()=>fs.linkSync("/etc/passwd",D+"/hard")));
      say(fs.readFileSync("/proc/self/mounts","utf8").split("\\n").find((line)=>line.split(" ")[1]===D))`
    const said = (await once(volume, node(script.replaceAll('\n', ' ')))).trim().split('\n')
    expect(said.slice(0, 3)).toEqual(['ENOENT', 'ENOENT', expect.stringMatching(/EXDEV|EPERM/)])
    expect(said[3]).toMatch(/ext4 .*nosuid,nodev/)
    // Snapshots and restoring touch the image alone.
    await volumes.snapshot(APP, volume.id, '20261122-020000')
    await volumes.restore(APP, volume.id, '20261122-020000')
    expect(readFileSync(secret, 'utf8')).toBe('secret of the host')
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(volume.id)
  })

  test('is refused with the numbers when the disk is short, and leaves nothing behind', async () => {
    const small = mkdtempSync(join(tmpdir(), 'skypanel-small-'))
    const unmount = await mountSmallDisk(small, 96)
    try {
      const tight = createVolumes({ folder: join(small, 'volumes'), mounted: () => null, reserveMb: 32 })
      const { id } = newVolume()
      await expect(tight.ensure(APP, id, 80, UID)).rejects.toThrow(
        /needs 80 MB; the node has \d+ MB free and keeps 32 MB/,
      )
      expect(tight.list(APP)).toEqual([])
      await tight.ensure(APP, id, 32, UID)
      await expect(tight.ensure(APP, id, 90, UID)).rejects.toThrow(/Growing the volume needs 58 MB/)
      expect(tight.list(APP)[0]?.sizeMb).toBe(32)
    } finally {
      await unmount()
      rmSync(small, { recursive: true, force: true })
    }
  })

  test('is gone with its app, and nothing of it is mounted or attached', async () => {
    const volume = newVolume()
    await volumes.ensure(APP, volume.id, 16, UID)
    await once(volume, 'true')
    await volumes.removeApp(APP)
    expect(existsSync(join(folder, APP))).toBe(false)
    expect(await loopOf(image(volume))).toBeNull()
    await expect(begin(volume, 'true')).rejects.toThrow(/not on this node/)
  })
})
