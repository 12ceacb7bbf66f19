import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import type { RegisteredInstance } from '../../server/contract/directory.ts'
import type { Registry } from '../../runtime/registry/registry.ts'

export function registered(n: number, release = 1): RegisteredInstance {
  const id = (group: number) => `0000000${group}-0000-7000-8000-${String(n).padStart(12, '0')}`
  return {
    id: id(1),
    app: id(2),
    name: `web.${n}`,
    release,
    address: `10.0.${n >> 8}.${n & 255}`,
    port: 5000,
  } as RegisteredInstance
}

export async function eventually<T>(look: () => T | Promise<T>, right: (seen: T) => boolean): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    const seen = await look()
    if (right(seen)) return seen
    if (tries > 600) throw new Error(`never came: ${JSON.stringify(seen)}`)
    await sleep(25)
  }
}

/** What every registry does. `make` gives a registry that nobody else writes to; called once per test. */
export function registrySuite(make: () => Promise<Registry>): void {
  const stops: AbortController[] = []
  afterEach(() => {
    for (const stop of stops.splice(0)) stop.abort()
  })
  /** Watches, and gives the newest set by name. */
  function watch(registry: Registry) {
    const stop = new AbortController()
    stops.push(stop)
    const sets: RegisteredInstance[][] = []
    void registry.watch((instances) => sets.push([...instances]), stop.signal)
    const names = () =>
      sets
        .at(-1)
        ?.map(({ name }) => name)
        .toSorted()
        .join(' ') ?? null
    return { sets, names, stop, until: (wanted: string) => eventually(names, (seen) => seen === wanted) }
  }

  test('a watcher is told the complete set at first and after each change', async () => {
    const registry = await make()
    await registry.publish('one', [registered(1)])
    const { until, sets } = watch(registry)
    await until('web.1')
    expect(sets.at(-1)).toEqual([registered(1)])
    await registry.publish('one', [registered(1), registered(2), registered(3)])
    await until('web.1 web.2 web.3')
    await registry.publish('one', [registered(3)])
    await until('web.3')
    await registry.publish('one', [])
    await until('')
  })

  test('what changed about an instance is told', async () => {
    const registry = await make()
    await registry.publish('one', [registered(1, 1)])
    const { until, sets } = watch(registry)
    await until('web.1')
    await registry.publish('one', [registered(1, 2)])
    await eventually(
      () => sets.at(-1)?.[0]?.release,
      (release) => release === 2,
    )
  })

  test('each node has its own set', async () => {
    const registry = await make()
    const { until } = watch(registry)
    await registry.publish('one', [registered(1)])
    await registry.publish('two', [registered(2)])
    await until('web.1 web.2')
    await registry.publish('one', [])
    await until('web.2')
  })

  test('a withdrawn instance is out, withdrawing twice harms nothing, and publishing puts it back', async () => {
    const registry = await make()
    await registry.publish('one', [registered(1), registered(2)])
    const { until } = watch(registry)
    await until('web.1 web.2')
    await registry.withdraw('one', registered(1).id)
    await until('web.2')
    await registry.withdraw('one', registered(1).id)
    await registry.withdraw('nowhere', registered(1).id)
    await registry.publish('one', [registered(1), registered(2)])
    await until('web.1 web.2')
  })

  test('an unchanged set is published without a change that anybody sees', async () => {
    const registry = await make()
    const set = [registered(1), registered(2)]
    await registry.publish('one', set)
    const { until, sets } = watch(registry)
    await until('web.1 web.2')
    for (let times = 0; times < 5; times += 1) await registry.publish('one', set)
    await registry.publish('one', [...set, registered(3)])
    await until('web.1 web.2 web.3')
    expect(sets.every((seen) => seen.length >= 2)).toBe(true)
  })

  test('two publishers of different nodes and many changes at once end in what was published last', async () => {
    const registry = await make()
    const rounds = Array.from({ length: 12 }, (_, n) => n)
    await Promise.all([
      ...rounds.map((n) => registry.publish('one', [registered(n)])),
      ...rounds.map((n) => registry.publish('two', [registered(100 + n), registered(200 + n)])),
    ])
    await watch(registry).until('web.11 web.111 web.211')
  })

  test('a watcher that stopped is told no more', async () => {
    const registry = await make()
    await registry.publish('one', [registered(1)])
    const { until, stop, sets } = watch(registry)
    await until('web.1')
    stop.abort()
    const told = sets.length
    await registry.publish('one', [])
    await watch(registry).until('')
    expect(sets).toHaveLength(told)
  })

  test('it answers a ping', async () => {
    expect(await (await make()).ping()).toEqual({ ok: true })
  })
}
