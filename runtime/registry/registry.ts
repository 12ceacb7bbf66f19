import type { RegisteredInstance } from '../../server/contract/directory.ts'

/**
 * Which instances serve. Two implementations pass one suite: `consul` and `embedded` (kept by the directory on disk).
 * Agents write what is true on their node, the directory watches the whole.
 */
export interface Registry {
  readonly name: 'consul' | 'embedded'
  /** Whether it answers, and if not, why. */
  ping(): Promise<{ ok: true } | { ok: false; reason: string }>
  /** Makes exactly these instances the registered ones of `node`; an unchanged set costs nothing. */
  publish(node: string, instances: readonly RegisteredInstance[]): Promise<void>
  /** Takes one instance out at once. */
  withdraw(node: string, instance: string): Promise<void>
  /**
   * Calls `changed` with the complete set, at first and after each change, until aborted. While the registry is away
   * nothing is called: the watcher keeps what it had.
   */
  watch(changed: (instances: readonly RegisteredInstance[]) => void, signal: AbortSignal): Promise<void>
}
