import type { DriverName } from '../../server/contract/drivers.ts'
import type { InstanceSpec } from '../../server/contract/nodes.ts'
import type { Driver, Handle } from './driver.ts'

/** The drivers of one node as one: new instances by what their app asks for, all others by who started them. */
export interface Drivers extends Omit<Driver, 'name' | 'fingerprint'> {
  readonly all: readonly Driver[]
  /** For apps that do not ask. */
  readonly preferred: DriverName
}

/** @throws when the preferred one is not among them. */
export function chooseAmong(all: readonly Driver[], preferred: DriverName): Drivers {
  const names = all.map(({ name }) => name)
  const find = (name: string) => all.find((driver) => driver.name === name)
  if (find(preferred) === undefined)
    throw new Error(`This node's driver is to be ${preferred}, and it has only ${names.join(', ')}`)

  /** Asked once: a machine that can run instances goes on to. */
  const fitting = new Set<Driver>()

  async function forNew(spec: InstanceSpec): Promise<Driver> {
    const wanted = spec.driver ?? preferred
    const driver = find(wanted)
    if (driver !== undefined && fitting.has(driver)) return driver
    const fit = await driver?.fingerprint()
    if (driver !== undefined && fit?.ok === true) {
      fitting.add(driver)
      return driver
    }
    const fits = await Promise.all(all.map(async (one) => ((await one.fingerprint()).ok ? [one.name] : [])))
    throw new Error(
      `This node cannot run instances by ${wanted}: ${fit?.detail ?? 'it has no such driver'}. It has ${fits.flat().join(', ') || 'none'}.`,
    )
  }

  function of(handle: Handle): Driver {
    const driver = find(handle.driver)
    if (driver === undefined)
      throw new Error(
        `The instance ${handle.id} was started by ${handle.driver}, and this node has only ${names.join(', ')}`,
      )
    return driver
  }

  return {
    all,
    preferred,
    start: async (spec, placement, stored) => await (await forNew(spec)).start(spec, placement, stored),
    adopt: async (handle) => await of(handle).adopt(handle),
    wait: async (handle) => await of(handle).wait(handle),
    terminate: async (handle) => await of(handle).terminate(handle),
    kill: async (handle) => await of(handle).kill(handle),
    stats: async (handle) => await of(handle).stats(handle),
    attach: async (handle) => await of(handle).attach(handle),
    exec: async (handle, spec, order) => await of(handle).exec(handle, spec, order),
    destroy: async (handle) => await of(handle).destroy(handle),
    orphans: async (known) => {
      const found = await Promise.all(all.map((driver) => driver.orphans(known)))
      return [...new Set(found.flat())]
    },
  }
}
