import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CONSUL_PATIENCE_MS, realConsul } from '../../test/support/consul.ts'
import { eventually, registered, registrySuite } from '../../test/support/registry-suite.ts'
import { freePorts } from '../../test/support/router.ts'
import { consulRegistry } from './consul.ts'

let consul: Awaited<ReturnType<typeof realConsul>>
beforeAll(async () => {
  const [http = 0, rpc = 0, serf = 0] = await freePorts(3)
  consul = await realConsul({ http, rpc, serf })
}, CONSUL_PATIENCE_MS)
afterAll(() => consul.close())

let made = 0
/** Another installation each time, in the same Consul: they do not see each other. */
function fresh() {
  made += 1
  return consulRegistry({ installation: made.toString(16).padStart(4, '0'), port: consul.port })
}

describe('the real Consul as registry', () => {
  registrySuite(() => Promise.resolve(fresh()))

  test('a second client (an agent that was restarted) publishes what is true, whatever was there', async () => {
    const first = fresh()
    await first.publish('one', [registered(1), registered(2)])
    const second = consulRegistry({ installation: made.toString(16).padStart(4, '0'), port: consul.port })
    await second.publish('one', [registered(2), registered(3)])
    const seen: string[] = []
    const stop = new AbortController()
    void second.watch(
      (set) =>
        seen.push(
          set
            .map(({ name }) => name)
            .toSorted()
            .join(' '),
        ),
      stop.signal,
    )
    await eventually(
      () => seen.at(-1),
      (names) => names === 'web.2 web.3',
    )
    stop.abort()
  })

  test('killed and started again, it has what was published, and a watcher keeps what it had meanwhile', async () => {
    const registry = fresh()
    await registry.publish('one', [registered(1)])
    const sizes: number[] = []
    const stop = new AbortController()
    void registry.watch((set) => sizes.push(set.length), stop.signal)
    await eventually(
      () => sizes.at(-1),
      (size) => size === 1,
    )
    await consul.stop()
    expect(await registry.ping()).toMatchObject({ ok: false })
    await expect(registry.publish('one', [registered(1), registered(2)])).rejects.toThrow(
      /Consul does not do as asked/,
    )
    await consul.start()
    await eventually(
      () =>
        registry.publish('one', [registered(1), registered(2)]).then(
          () => true,
          () => false,
        ),
      Boolean,
    )
    await eventually(
      () => sizes.at(-1),
      (size) => size === 2,
    )
    expect(sizes).not.toContain(0)
    stop.abort()
  })

  test('what Consul has lost is published again, though nothing changed', async () => {
    const registry = consulRegistry({ installation: 'ffff', port: consul.port, now: () => clock })
    let clock = 0
    await registry.publish('one', [registered(1)])
    await consul.stop()
    consul.wipe()
    await consul.start()
    clock += 60_000
    await eventually(
      () =>
        registry.publish('one', [registered(1)]).then(
          () => true,
          () => false,
        ),
      Boolean,
    )
    const seen: number[] = []
    const stop = new AbortController()
    void registry.watch((set) => seen.push(set.length), stop.signal)
    await eventually(
      () => seen.at(-1),
      (size) => size === 1,
    )
    stop.abort()
  })
})
