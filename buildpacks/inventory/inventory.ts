import type { Note, Tool } from '../plan.ts'

/** An exact tool, or why there is none. */
export type Resolution =
  | {
      readonly ok: true
      readonly version: string | null
      readonly hash: string | null
      readonly url: string | null
      readonly notes: readonly Note[]
      /** Where it is taken from instead of what the plan named. */
      readonly instead?: Pick<Tool, 'source' | 'layer'>
    }
  | { readonly ok: false; readonly message: string; readonly hint: string }

export interface ResolveContext {
  /** Versions of the tools that stand before this one in the plan. */
  readonly resolved: ReadonlyMap<string, string>
  /** What the last good build used, when the app's declaration is still the same. */
  readonly locked: string | null
  /** Milliseconds since 1970. */
  readonly now: number
}

/** What can be had of one tool. Throws `InventoryUnreachable` when nobody answers and nothing is known from before. */
export interface Inventory {
  resolve(tool: Tool, context: ResolveContext): Promise<Resolution>
}

/** By tool name. Tools of source `stack` and `debian` need none: what carries them decides their version. */
export type Inventories = ReadonlyMap<string, Inventory>

export class InventoryUnreachable extends Error {
  override readonly name = 'InventoryUnreachable'
}
