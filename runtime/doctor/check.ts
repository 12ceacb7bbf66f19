import type { SetupContext } from '../setup/setup-context.ts'

/** What a check found. Whoever reads `detail` should know what to do from `advice`, without a search. */
export type Finding =
  | { readonly level: 'ok'; readonly detail: string }
  | { readonly level: 'warn' | 'fail'; readonly detail: string; readonly advice: string }

export interface Check {
  readonly name: string
  /** `machine`: makes sense before anything is installed. `platform`: needs an installation. */
  readonly about: 'machine' | 'platform'
  run(context: SetupContext): Promise<Finding>
}

export const ok = (detail: string): Finding => ({ level: 'ok', detail })
export const warn = (detail: string, advice: string): Finding => ({ level: 'warn', detail, advice })
export const fail = (detail: string, advice: string): Finding => ({ level: 'fail', detail, advice })
