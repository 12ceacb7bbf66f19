import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { InstanceStatus } from '../../server/contract/nodes.ts'
import { spec } from '../../test/support/fake-agent.ts'
import type { InstanceRecord } from './instance-record.ts'
import type { Publisher } from './publisher.ts'
import { mayServe, routeInstance } from './route-instance.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skypanel-route-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function recordOf(status: InstanceStatus['status'], held: boolean, ending = false): InstanceRecord {
  const exit = { code: 0, signal: null, oom: false, reason: 'exited', message: '', tail: [] } as const
  return {
    spec: spec('fake', { routed: true, held }),
    placement: { index: 0, folder, address: '10.0.0.2', uidBase: 0 },
    handle: null,
    state: {
      version: 1,
      status: status === 'exited' ? { status, since: 0, exit: { ...exit, tail: [] } } : { status, since: 0 },
      ending: ending ? { reason: 'stopped', killAt: 0 } : null,
      cleared: false,
      forgotten: null,
    },
  }
}

/** A registry that notes what it was told to serve. */
function noting(serving: Set<string>) {
  const published: string[][] = []
  const publisher: Publisher = {
    async sync() {
      published.push([...serving])
    },
    withdraw: async () => undefined,
    close: () => undefined,
  }
  return { published, publisher }
}

async function route(record: InstanceRecord) {
  const serving = new Set<string>()
  const { published, publisher } = noting(serving)
  let ready = 0
  await routeInstance(record, serving, publisher, () => (ready += 1))
  return { serves: serving.has(record.spec.id), published: published.length, ready }
}

describe('an instance that is held', () => {
  it('does not serve until it is called, also not when an agent takes it over', async () => {
    const record = recordOf('ready', true)
    expect(mayServe(record)).toBe(false)
    expect(await route(record)).toEqual({ serves: true, published: 1, ready: 0 })
    expect(mayServe(record)).toBe(true)
    expect(JSON.parse(readFileSync(join(folder, 'state.json'), 'utf8'))).toMatchObject({ called: true })
  })

  it('that still starts comes in when it is ready', async () => {
    const record = recordOf('starting', true)
    expect(await route(record)).toEqual({ serves: false, published: 0, ready: 0 })
    expect(mayServe(record)).toBe(true)
  })

  it('that was drained serves again, unless its end was ordered', async () => {
    expect(await route(recordOf('draining', false))).toEqual({ serves: true, published: 1, ready: 1 })
    expect(await route(recordOf('draining', false, true))).toEqual({ serves: false, published: 0, ready: 0 })
    expect(await route(recordOf('exited', false))).toEqual({ serves: false, published: 0, ready: 0 })
  })
})
