import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Exit, InstanceSpec, ObservedInstance } from '../../server/contract/nodes.ts'
import { AgentError } from './agent-error.ts'
import { countChanges } from './changes.ts'
import type { Ending } from './exit-message.ts'
import { endWatch, keepWatch, untilUp } from './health-checks.ts'
import { instanceEnd, lostEnd, untilExited } from './instance-end.ts'
import type { Instances, InstancesOptions } from './instance-orders.ts'
import {
  freeIndex,
  type InstanceRecord,
  loadRecords,
  observed,
  registered,
  saveHandle,
  saveSpec,
  saveState,
  type StateFile,
} from './instance-record.ts'
import { limitConcurrency } from './limit-concurrency.ts'
import { removeIfRead, writeLogSource } from './log-source.ts'
import { mayServe, routeInstance } from './route-instance.ts'

export function createInstances(options: InstancesOptions): Instances {
  const { driver, warn } = options
  const records = new Map<string, InstanceRecord>()
  const forgotten = new Map<string, InstanceRecord>()
  /** Reachable by the router: ready, and not being taken away. */
  const serving = new Set<string>()
  const timers = new Map<string, NodeJS.Timeout>()
  const clearing = new Map<string, Promise<void>>()
  const launch = limitConcurrency(options.parallelStarts)
  const changes = countChanges()
  let closed = false

  const publisher = options.publisher(() =>
    [...serving].flatMap((id) => {
      const record = records.get(id)
      return record === undefined ? [] : [registered(record)]
    }),
  )

  function change(record: InstanceRecord, state: Partial<StateFile>): void {
    saveState(record, { ...record.state, ...state })
    changes.tell()
    options.networks?.changed()
  }

  const status = (record: InstanceRecord, next: 'ready' | 'draining') =>
    change(record, { status: { status: next, since: Date.now() } })
  const exited = (record: InstanceRecord) => record.state.status.status === 'exited'

  function get(id: string): InstanceRecord {
    const record = records.get(id)
    if (record === undefined) throw new AgentError('unknown_instance', `This node has no instance ${id}.`)
    return record
  }

  function timer(id: string, ms: number, act: () => void): void {
    clearTimeout(timers.get(id))
    timers.set(id, setTimeout(act, Math.max(0, ms)))
  }

  function start(spec: InstanceSpec): ObservedInstance {
    const known = records.get(spec.id) ?? forgotten.get(spec.id)
    if (known !== undefined) return observed(known)
    options.networks?.learn(spec.network)
    const index = freeIndex([...records.values(), ...forgotten.values()], options.addresses)
    const folder = join(options.folder, spec.id)
    const placement = { index, folder, address: options.address(index), uidBase: options.uids.of(spec.app) }
    const state: StateFile = {
      version: 1,
      status: { status: 'starting', since: Date.now() },
      ending: null,
      cleared: false,
      forgotten: null,
    }
    const record: InstanceRecord = { spec, placement, handle: null, state }
    mkdirSync(options.folder, { recursive: true, mode: 0o711 })
    saveSpec(record)
    records.set(spec.id, record)
    change(record, {})
    if (spec.health !== null) options.prober.warm()
    void launch(() => bringUp(record)).catch((error: unknown) =>
      warn(`The start of ${spec.name} went wrong`, error),
    )
    return observed(record)
  }

  async function bringUp(record: InstanceRecord): Promise<void> {
    if (record.state.ending !== null) return await end(record, { code: null, signal: 'SIGKILL', oom: false })
    try {
      writeLogSource(record, false, options.logGroup)
      const { spec, placement } = record
      const disks = (await options.volumes?.attach(spec, spec.app, spec.volumes ?? [])) ?? []
      await driver.start(spec, { ...placement, disks }, async (handle) => {
        saveHandle(record, handle)
        // No process exists before its address is what its app's policy makes of it.
        await options.networks?.admit(record.spec.app)
      })
    } catch (error) {
      warn(`${record.spec.name} of ${record.spec.appName} could not be started`, error)
      return await end(
        record,
        { code: null, signal: null, oom: false },
        error instanceof Error ? error.message : String(error),
      )
    }
    watch(record)
    // An order that came while it was started.
    if (record.state.ending !== null && record.handle !== null) await driver.kill(record.handle)
  }

  /** Follows a running instance to its readiness and its end. */
  function watch(record: InstanceRecord): void {
    const { handle, spec } = record
    if (handle === null || closed) return
    void driver
      .wait(handle)
      .then((how) => (closed ? undefined : end(record, how)))
      .catch((error: unknown) => warn(`Lost sight of ${spec.id}`, error))
    if (record.state.ending !== null) return
    if (record.state.status.status === 'ready') return followHealth(record)
    if (record.state.status.status !== 'starting') return
    const { health } = spec
    if (health === null) return void becomeReady(record)
    untilUp(options.prober, record, health, () => void becomeReady(record))
    timer(
      spec.id,
      record.state.status.since + health.bootTimeout * 1000 - Date.now(),
      () =>
        void finish(record, 'boot timeout').catch((error: unknown) =>
          warn('Cannot end an instance that did not boot', error),
        ),
    )
  }

  async function becomeReady(record: InstanceRecord): Promise<void> {
    if (record.state.status.status !== 'starting' || record.state.ending !== null) return
    clearTimeout(timers.get(record.spec.id))
    if (mayServe(record)) {
      serving.add(record.spec.id)
      // The router knows it before the server does, or an old instance could be taken away too early.
      await publisher.sync()
    }
    if (record.state.status.status !== 'starting' || record.state.ending !== null) return
    status(record, 'ready')
    followHealth(record)
  }

  function followHealth(record: InstanceRecord): void {
    const failed = (error: unknown) => warn(`Cannot act on the health of ${record.spec.id}`, error)
    keepWatch(options.prober, record, {
      unready: (why) => void routeByHealth(record, why).catch(failed),
      dead: (why) => void finish(record, 'unhealthy', why).catch(failed),
    })
  }

  /** Out of routing while its readiness check fails, and back. */
  async function routeByHealth(record: InstanceRecord, unready: string | null): Promise<void> {
    const { id } = record.spec
    const isUp = () => record.state.status.status === 'ready' && record.state.ending === null
    if (!isUp()) return
    if (unready !== null) {
      change(record, { status: { status: 'ready', since: Date.now(), unready } })
      return await unroute(id)
    }
    const serves = mayServe(record)
    if (serves) {
      serving.add(id)
      await publisher.sync()
    }
    // Meanwhile it may have fallen silent again, or have been told to go.
    if (isUp() && (!serves || serving.has(id))) status(record, 'ready')
  }

  async function unroute(id: string): Promise<void> {
    if (serving.delete(id)) await publisher.withdraw(id)
  }

  async function end(
    record: InstanceRecord,
    how: Pick<Exit, 'code' | 'signal' | 'oom'>,
    failure: string | null = null,
  ): Promise<void> {
    const { spec, handle } = record
    if (exited(record)) return
    clearTimeout(timers.get(spec.id))
    endWatch(options.prober, spec.id)
    const routed = unroute(spec.id)
    const exit = await instanceEnd(record, how, failure)
    await routed
    change(record, { status: { status: 'exited', since: Date.now(), exit } })
    await clear(record, handle)
  }

  /** Once at a time: a second one that ends late would take away what a successor made under the same names. */
  function clear(record: InstanceRecord, handle = record.handle): Promise<void> {
    const { id } = record.spec
    const running = clearing.get(id) ?? clearAway(record, handle).finally(() => clearing.delete(id))
    clearing.set(id, running)
    return running
  }

  async function clearAway(record: InstanceRecord, handle: InstanceRecord['handle']): Promise<void> {
    try {
      if (handle !== null) await driver.destroy(handle)
      await options.networks?.dismiss(record.spec.id)
      await options.volumes?.detach(record.spec.id, record.spec.app, record.spec.volumes ?? [])
      writeLogSource(record, true, options.logGroup)
      saveState(record, { ...record.state, cleared: true })
    } catch (error) {
      warn(`Cannot clear away ${record.spec.id}; it is tried again`, error)
    }
  }

  /** Ends it for a reason of ours. What serves gets SIGTERM and its grace; what is not ready yet is killed at once. */
  async function finish(record: InstanceRecord, reason: Ending, why?: string): Promise<void> {
    const { spec } = record
    if (exited(record)) return
    const gentle =
      (reason === 'stopped' || reason === 'unhealthy') && record.state.status.status !== 'starting'
    const before = record.state.ending
    if (before !== null && (gentle || reason === 'boot timeout')) return
    const killAt = Date.now() + (gentle ? spec.grace * 1000 : 0)
    change(record, { ending: before ?? { reason, killAt, ...(why === undefined ? {} : { why }) } })
    endWatch(options.prober, spec.id)
    await unroute(spec.id)
    if (record.state.status.status === 'ready')
      change(record, {
        status: {
          status: 'draining',
          since: Date.now(),
          ...(reason === 'unhealthy' && why !== undefined ? { unready: why } : {}),
        },
      })
    await carryOut(record, gentle, killAt)
  }

  async function carryOut(record: InstanceRecord, gentle: boolean, killAt: number): Promise<void> {
    const { handle, spec } = record
    // Still waiting for its turn to start: bringUp sees the order.
    if (handle === null || exited(record)) return
    if (!gentle) return await driver.kill(handle)
    await driver.terminate(handle)
    timer(
      spec.id,
      killAt - Date.now(),
      () => void driver.kill(handle).catch((error: unknown) => warn(`Cannot kill ${spec.id}`, error)),
    )
  }

  async function adoptOne(record: InstanceRecord): Promise<void> {
    const { handle, state } = record
    records.set(record.spec.id, record)
    if (state.forgotten !== null) {
      records.delete(record.spec.id)
      forgotten.set(record.spec.id, record)
    }
    if (!state.cleared) options.volumes?.adopt(record.spec, record.spec.volumes ?? [])
    if (exited(record)) return state.cleared ? undefined : await clear(record)
    const adopted = handle === null ? null : await driver.adopt(handle)
    if (adopted === null) {
      const exit = await lostEnd(record)
      change(record, { status: { status: 'exited', since: Date.now(), exit } })
      return await clear(record)
    }
    const over = await Promise.race([driver.wait(adopted), sleep(20, null)])
    if (over !== null) return await end(record, over)
    const { status: now } = state
    const answers = now.status === 'ready' && now.unready === undefined
    if (answers && mayServe(record) && state.ending === null) serving.add(record.spec.id)
    watch(record)
    if (state.ending !== null)
      await carryOut(
        record,
        state.status.status === 'draining' && ['stopped', 'unhealthy'].includes(state.ending.reason),
        state.ending.killAt,
      )
  }

  return {
    start,
    ended: (id) => untilExited(get(id), changes),
    find: (id) => records.get(id) ?? null,
    all: () => [...records.values()],
    present: () => [...records.values(), ...forgotten.values()].filter(({ state }) => !state.cleared),
    async adopt() {
      const found = loadRecords(options.folder)
      for (const folder of found.unreadable)
        warn(`${folder} cannot be read; its instance is left alone. Update the agent, or remove the folder.`)
      await Promise.all(
        found.records.map((record) =>
          adoptOne(record).catch((error: unknown) => warn(`Cannot take over ${record.spec.id}`, error)),
        ),
      )
      void publisher.sync()
    },
    async drain(id) {
      const record = get(id)
      endWatch(options.prober, id)
      await unroute(id)
      if (record.state.status.status === 'ready') status(record, 'draining')
    },
    async route(id) {
      await routeInstance(get(id), serving, publisher, (record) => {
        status(record, 'ready')
        followHealth(record)
      })
      options.networks?.changed()
    },
    stop: (id) => finish(get(id), 'stopped'),
    kill: (id) => finish(get(id), 'killed'),
    async forget(id) {
      const record = records.get(id)
      if (record === undefined) return
      if (!exited(record)) {
        await finish(record, 'killed')
        await untilExited(record, changes)
      }
      records.delete(id)
      forgotten.set(id, record)
      change(record, { forgotten: Date.now() })
      if (!record.state.cleared) await clear(record)
    },
    async observe(after, limit) {
      if (after === changes.version) await changes.next(limit)
      return { version: changes.version, instances: [...records.values()].map(observed) }
    },
    tidy(now) {
      for (const record of [...forgotten.values(), ...records.values()])
        if (exited(record) && !record.state.cleared) void clear(record)
      for (const [id, record] of forgotten)
        if (removeIfRead(record, options.logsRead, now)) forgotten.delete(id)
    },
    close() {
      closed = true
      for (const running of timers.values()) clearTimeout(running)
      options.prober.close()
      publisher.close()
    },
  }
}
