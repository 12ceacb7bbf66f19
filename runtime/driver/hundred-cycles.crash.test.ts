import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cycle } from './conformance.ts'
import { lxc } from './lxc.ts'
import { nspawn } from './nspawn.ts'
import { type ContainedStage, openStage } from './test-stage.ts'

const entries = (folder: string) => (existsSync(folder) ? readdirSync(folder).length : 0)

/** How much of each kind there is on this machine; instances of others may come and go, so only ours are counted by name. */
function counts(stage: ContainedStage) {
  return {
    traces: stage.traces(),
    mounts: readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .filter((line) => line.includes(stage.home) || line.includes(`skypanel-${stage.id}`)).length,
    descriptors: entries('/proc/self/fd'),
    files: [
      '/run/systemd/nspawn/propagate',
      '/run/systemd/nspawn/unix-export',
      '/run/lxc/lock',
      '/var/lib/lxc',
    ]
      .filter((folder) => existsSync(folder))
      .flatMap((folder) => readdirSync(folder).filter((name) => name.includes(`sp${stage.id}-`))),
  }
}

describe.each([
  { supervisor: nspawn, id: 'f0c5', range: '10.243.192.0/18' },
  { supervisor: lxc, id: 'f0c6', range: '10.244.64.0/18' },
])('after 100 starts and stops by $supervisor.name', ({ supervisor, id, range }) => {
  let stage: ContainedStage
  beforeAll(async () => {
    stage = await openStage(supervisor, id, range)
  }, 60_000)
  afterAll(async () => {
    await stage?.close()
  })

  test('no mount, link, namespace, group, file or descriptor is left', async () => {
    const driver = stage.driver()
    // What is made once for all instances, e.g. the skeleton, is no leak.
    await cycle(stage, driver, 4)
    const before = counts(stage)
    await cycle(stage, driver, 100)
    expect(counts(stage)).toEqual(before)
    expect(await driver.orphans(new Set())).toEqual([])
  })
})
