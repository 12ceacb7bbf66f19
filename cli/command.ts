import type { Cli } from './cli.ts'
import type { Input } from './input.ts'

/** What a command does. Data goes to `cli.print`, talk to `cli.say`; failing is throwing. */
export type Action = (cli: Cli, input: Input) => Promise<void>

/** One command as the table names it; its code is loaded when it runs. */
export interface CommandSpec {
  /** `topic:verb`; `topic verb` works as well. */
  readonly name: string
  readonly aliases?: readonly string[]
  readonly summary: string
  /** Positional arguments as commander writes them: `<name>`, `[name]`, `<names...>`. */
  readonly args?: string
  /** Works on one app: adds --app and --remote. */
  readonly app?: true
  /** Offers --json; false where there is no document to print. */
  readonly json?: false
  readonly options?: readonly (readonly [flags: string, text: string])[]
  readonly examples: readonly string[]
  /** Options behind the first argument belong to what is run, not to this command. */
  readonly passThrough?: true
  /** Called by other programs; not listed. */
  readonly hidden?: true
  readonly load: () => Promise<Action>
}

export interface Topic {
  readonly title: string
  readonly commands: readonly CommandSpec[]
}
