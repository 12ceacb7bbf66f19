import { randomBytes } from 'node:crypto'
import { chown, stat } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Inside } from '../support/installation.ts'
import { Load } from '../support/load.ts'
import { TestPlatform, type TestApp } from '../support/platform.ts'
import { mountSmallDisk } from '../support/small-disk.ts'

let platform: TestPlatform
let inside: Inside
let app: TestApp
beforeAll(async () => {
  platform = await TestPlatform.load()
  inside = await Inside.of(platform.facts.home)
  app = await platform.app('express')
  await app.deploy()
})
afterAll(async () => {
  await app.forget()
  await inside[Symbol.asyncDispose]()
  await platform[Symbol.asyncDispose]()
})

/** The folder of the builds is a file system of 8 MB as long as `work` runs. */
async function withSmallDisk(work: () => Promise<void>): Promise<void> {
  const { uid, gid } = await stat(inside.at.builds)
  const unmount = await mountSmallDisk(inside.at.builds, 8)
  try {
    await chown(inside.at.builds, uid, gid)
    await work()
  } finally {
    await unmount()
  }
}

it('a disk that is full rejects the push with what to do, serves on, and the same push works once there is room', async () => {
  const live = await app.live()
  await app.write('picture.bin', randomBytes(12 * 1024 * 1024))
  await app.write('version.txt', 'large\n')
  const load = new Load(app)
  await withSmallDisk(async () => {
    const { code, stderr } = await app.push()
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/remote: .*Push rejected.*no space left/)
    expect(stderr).toContain('Free some on the machine and push again')
  })
  expect(await app.text('/version')).toBe('one')
  expect(await app.live()).toBe(live)
  await app.deploy()
  expect(await load.stop()).toEqual([])
  expect(await app.text('/version')).toBe('large')
})
