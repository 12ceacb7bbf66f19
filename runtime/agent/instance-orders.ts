import type { RegisteredInstance } from '../../server/contract/directory.ts'
import type { Exit, InstanceSpec, ObservedInstance } from '../../server/contract/nodes.ts'
import type { Drivers } from '../driver/choose.ts'
import type { InstanceRecord } from './instance-record.ts'
import type { Networks } from './networks.ts'
import type { Prober } from './probe-client.ts'
import type { Publisher } from './publisher.ts'
import type { UidRanges } from './uid-ranges.ts'
import type { Volumes } from '../volumes/volumes.ts'

export interface InstancesOptions {
  readonly driver: Omit<Drivers, 'all' | 'preferred'>
  /** Folder of all instances, and the one in which the logs process notes what it has read. */
  readonly folder: string
  readonly logsRead: string
  readonly logGroup: number | null
  readonly uids: UidRanges
  readonly prober: Prober
  publisher(serving: () => readonly RegisteredInstance[]): Publisher
  address(index: number): string
  readonly addresses: number
  readonly parallelStarts: number
  /** Decides what an instance's address may reach; without it nothing is decided. */
  readonly networks?: Pick<Networks, 'learn' | 'admit' | 'dismiss' | 'changed'>
  readonly volumes?: Pick<Volumes, 'attach' | 'adopt' | 'detach'>
  readonly warn: (message: string, error?: unknown) => void
}

/** What may be asked of a node about its instances. */
export interface Instances {
  /** Takes over what a former agent started, then tells the registry. Once, before anything else. */
  adopt(): Promise<void>
  start(spec: InstanceSpec): ObservedInstance
  drain(id: string): Promise<void>
  route(id: string): Promise<void>
  stop(id: string): Promise<void>
  kill(id: string): Promise<void>
  forget(id: string): Promise<void>
  /** With `after`: waits up to `limit` ms for another version. */
  observe(
    after: number | undefined,
    limit: number,
  ): Promise<{ version: number; instances: ObservedInstance[] }>
  find(id: string): InstanceRecord | null
  all(): readonly InstanceRecord[]
  /** Those that something on this machine is left of: their addresses are theirs. */
  present(): readonly InstanceRecord[]
  /** Resolves when it has ended. */
  ended(id: string): Promise<Exit>
  /** Removes folders of forgotten instances whose logs were read. */
  tidy(now: number): void
  close(): void
}
