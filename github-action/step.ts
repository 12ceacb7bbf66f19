import type { Inputs } from './config.ts'
import type { Api } from './platform/api.ts'
import type { Patience } from './platform/patience.ts'
import type { Runner } from './runner/runner.ts'

/** What one run of the action works with. */
export interface Step {
  readonly inputs: Inputs
  readonly runner: Runner
  readonly api: Api
  readonly patience: Patience
  /** For git; holds no token. */
  readonly env: Readonly<Record<string, string>>
  readonly time: { readonly now: () => number; readonly sleep: (seconds: number) => Promise<void> }
  /** Each time another one, which nothing that is printed can know. */
  readonly stopToken: () => string
}
