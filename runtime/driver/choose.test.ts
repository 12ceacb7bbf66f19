import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { DriverName } from '../../server/contract/drivers.ts'
import { chooseAmong } from './choose.ts'
import { specOf, type Stage } from './conformance.ts'
import type { Driver, Fingerprint, Handle } from './driver.ts'
import { createFakeDriver } from './fake.ts'
import { fakeStage } from './fake-stage.ts'

const home = mkdtempSync(join(tmpdir(), 'skypanel-choose-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))
const stage: Stage = fakeStage(home)

/** The fake under a name of another; its handles carry that name, as every driver's do. */
function named(name: DriverName, fit: Fingerprint = { ok: true, detail: '1' }): Driver {
  const fake = createFakeDriver()
  return {
    ...fake,
    name,
    fingerprint: async () => fit,
    start: async (spec, placement, stored) => ({
      ...(await fake.start(spec, placement, (handle) => stored({ ...handle, driver: name }))),
      driver: name,
    }),
  }
}

async function started(drivers: readonly Driver[], driver?: DriverName): Promise<Handle> {
  const node = chooseAmong(drivers, 'nspawn')
  const spec = specOf(stage, 'fake exit=3', driver === undefined ? {} : { driver })
  const folder = join(home, spec.id)
  mkdirSync(folder)
  const handle = await node.start(spec, stage.placement(1, folder), async () => undefined)
  expect(await node.wait(handle)).toMatchObject({ code: 3 })
  await node.destroy(handle)
  return handle
}

test('an app that does not ask gets the node’s own driver, another one what it asks for', async () => {
  const drivers = [named('nspawn'), named('lxc')]
  expect((await started(drivers)).driver).toBe('nspawn')
  expect((await started(drivers, 'lxc')).driver).toBe('lxc')
})

test('a driver that the node does not have, or cannot run, is refused with those that it has', async () => {
  await expect(started([named('nspawn')], 'lxc')).rejects.toThrow(
    'This node cannot run instances by lxc: it has no such driver. It has nspawn.',
  )
  const unfit = named('lxc', { ok: false, detail: 'lxc-start is missing' })
  await expect(started([named('nspawn'), unfit], 'lxc')).rejects.toThrow(
    'by lxc: lxc-start is missing. It has nspawn.',
  )
})

test('an instance of a driver that is gone is not taken for another one’s', async () => {
  const node = chooseAmong([named('nspawn')], 'nspawn')
  await expect(node.kill({ id: 'x', driver: 'incus', state: null })).rejects.toThrow('was started by incus')
  expect(() => chooseAmong([named('nspawn')], 'lxc')).toThrow('it has only nspawn')
})
