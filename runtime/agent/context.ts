import type { BuildEngine } from '../../buildpacks/engine.ts'
import type { AgentConfig } from '../config.ts'
import type { Drivers } from '../driver/choose.ts'
import type { Builds } from './builds.ts'
import type { Fence } from './epoch.ts'
import type { Instances } from './instance-orders.ts'
import type { Execs } from './execs.ts'
import type { Networks } from './networks.ts'
import type { Volumes } from '../volumes/volumes.ts'
import type { UidRanges } from './uid-ranges.ts'

/** Everything with state, built once in `agent.ts` and handed to each verb. */
export interface AgentContext {
  readonly config: AgentConfig
  readonly fence: Fence
  readonly driver: Drivers
  readonly engine: BuildEngine
  readonly instances: Instances
  readonly execs: Execs
  readonly builds: Builds
  readonly networks: Networks
  readonly volumes: Volumes
  readonly uids: UidRanges
  /** Folder of directory skeletons. */
  readonly skeletons: string
}
