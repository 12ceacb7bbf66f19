import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { spec } from '../../test/support/fake-agent.ts'
import { createFakeDriver } from '../driver/fake.ts'
import { createInstances } from './instances.ts'
import { localProber } from './probe-client.ts'
import { createPublisher } from './publisher.ts'
import { openUidRanges } from './uid-ranges.ts'

test('an instance that is forgotten while it is cleared away is cleared once, and only then is its place free', async () => {
  const home = mkdtempSync(join(tmpdir(), 'skypanel-clearing-'))
  const fake = createFakeDriver()
  const places: number[] = []
  const destroyed: string[] = []
  const instances = createInstances({
    driver: {
      ...fake,
      start(what, placement, stored) {
        places.push(placement.index)
        return fake.start(what, placement, stored)
      },
      async destroy(handle) {
        destroyed.push(handle.id)
        await sleep(100)
        await fake.destroy(handle)
      },
    },
    folder: join(home, 'instances'),
    logsRead: join(home, 'read'),
    logGroup: null,
    uids: openUidRanges(join(home, 'uids.json'), 'f0a1'),
    prober: localProber(),
    publisher: (serving) => createPublisher('here', [], serving),
    address: () => '127.0.0.1',
    addresses: 8,
    parallelStarts: 4,
    warn: () => undefined,
  })
  try {
    const first = spec('fake exit=0 after=10ms never-ready')
    instances.start(first)
    await instances.ended(first.id)
    const forgotten = instances.forget(first.id)
    instances.start(spec('fake exit=0 after=10ms never-ready'))
    await forgotten
    instances.start(spec('fake exit=0 after=10ms never-ready'))
    await sleep(20)
    expect(places).toEqual([0, 1, 0])
    expect(destroyed.filter((id) => id === first.id)).toHaveLength(1)
  } finally {
    instances.close()
    rmSync(home, { recursive: true, force: true })
  }
})
