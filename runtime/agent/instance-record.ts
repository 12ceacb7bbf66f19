import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { RegisteredInstance } from '../../server/contract/directory.ts'
import { InstanceSpec, InstanceStatus, type ObservedInstance } from '../../server/contract/nodes.ts'
import type { Handle, Placement } from '../driver/driver.ts'
import { APP_PORT } from '../installation.ts'
import { AgentError } from './agent-error.ts'
import { writeWhole } from './write-file.ts'

const SpecFile = z.object({ version: z.literal(1), spec: InstanceSpec })
const HandleFile = z.object({
  version: z.literal(1),
  placement: z.object({
    index: z.number().int(),
    address: z.string(),
    folder: z.string(),
    uidBase: z.number().int(),
  }),
  handle: z.object({ id: z.string(), driver: z.string(), state: z.unknown() }),
})
const StateFile = z.object({
  version: z.literal(1),
  status: InstanceStatus,
  /** An order to end it that was begun: its reason, and when SIGKILL is due (ms). */
  ending: z
    .object({
      reason: z.enum(['stopped', 'killed', 'boot timeout', 'unhealthy']),
      killAt: z.number(),
      /** What was wrong, in words. */
      why: z.string().optional(),
    })
    .nullable(),
  /** It was told to come into routing, though it was started as one that is held. */
  called: z.boolean().optional(),
  /** Nothing outside of the folder is left. */
  cleared: z.boolean(),
  /** Its end was told and acknowledged; the folder waits for the logs process. */
  forgotten: z.number().nullable(),
})
export type StateFile = z.infer<typeof StateFile>

/** One instance as the agent holds it in memory; each part is a file of its folder. */
export interface InstanceRecord {
  readonly spec: InstanceSpec
  readonly placement: Placement
  handle: Handle | null
  state: StateFile
}

export function saveSpec(record: InstanceRecord): void {
  mkdirSync(record.placement.folder, { recursive: true, mode: 0o711 })
  writeWhole(join(record.placement.folder, 'spec.json'), JSON.stringify({ version: 1, spec: record.spec }))
}

export function saveHandle(record: InstanceRecord, handle: Handle): void {
  record.handle = handle
  writeWhole(
    join(record.placement.folder, 'handle.json'),
    JSON.stringify({ version: 1, placement: record.placement, handle }),
  )
}

export function saveState(record: InstanceRecord, state: StateFile): void {
  record.state = state
  writeWhole(join(record.placement.folder, 'state.json'), JSON.stringify(state))
}

export function observed(record: InstanceRecord): ObservedInstance {
  const { id, app, name, type, kind, release } = record.spec
  return { id, app, name, type, kind, release, address: record.placement.address, state: record.state.status }
}

/** How the router is told of it. */
export function registered({ spec, placement }: InstanceRecord): RegisteredInstance {
  const { id, app, name, release, health } = spec
  return { id, app, name, release, address: placement.address, port: health?.port ?? APP_PORT }
}

/**
 * What the last agent left. A folder without a handle is of a start that made nothing yet: it is removed, and the
 * order may come again.
 */
export function loadRecords(instances: string): { records: InstanceRecord[]; unreadable: string[] } {
  mkdirSync(instances, { recursive: true, mode: 0o711 })
  const records: InstanceRecord[] = []
  const unreadable: string[] = []
  for (const name of readdirSync(instances)) {
    const folder = join(instances, name)
    const files = ['spec.json', 'handle.json', 'state.json'].map((file) => join(folder, file))
    if (!files.every((file) => existsSync(file))) {
      rmSync(folder, { recursive: true, force: true })
      continue
    }
    try {
      const [spec, handle, state] = files.map((file): unknown => JSON.parse(readFileSync(file, 'utf8')))
      const { placement, handle: stored } = HandleFile.parse(handle)
      records.push({
        spec: SpecFile.parse(spec).spec,
        placement,
        handle: { ...stored, state: stored.state },
        state: StateFile.parse(state),
      })
    } catch {
      unreadable.push(folder)
    }
  }
  return { records, unreadable }
}

/** The lowest place that nothing on this machine is left of. */
export function freeIndex(records: readonly InstanceRecord[], count: number): number {
  const taken = new Set(
    records.filter((record) => !record.state.cleared).map((record) => record.placement.index),
  )
  for (let index = 0; index < count; index++) if (!taken.has(index)) return index
  throw new AgentError(
    'not_available',
    `This node already has ${count} instances, as many as it can address.`,
  )
}
