import type { DriverName } from '../../server/contract/drivers.ts'
import type { InstanceFacts } from '../command/instance.ts'

/**
 * What stands between the shim and the instance's init: a program of the system's that makes the namespaces and the
 * root, waits for the init and ends with it. All else is the same for every one of them (contained.ts).
 */
export interface Supervisor {
  readonly name: DriverName
  readonly program: string
  /** What to do where the program is not there. */
  readonly remedy: string
  /** The word of its argv that carries the machine's name, up to the name. */
  readonly machineWord: string
  argv(facts: InstanceFacts): string[]
  /** Files that it reads, by their names in the instance's folder; root's alone. */
  files(facts: InstanceFacts): Readonly<Record<string, string>>
  /** What it leaves on the machine outside of the folder. */
  leaves(machine: string): readonly string[]
}
