import type { ChalkInstance } from 'chalk'
import type { ApiClient } from './api-client.ts'
import type { Target } from './credentials.ts'
import type { Environment } from './environment.ts'
import type { Input } from './input.ts'
import type { Progress } from './output/progress.ts'
import { version } from './version.ts'

/** What a command may use. Everything costly is loaded when it is first asked for. */
export interface Cli {
  readonly environment: Environment
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
  target(): Promise<Target>
  /** Fails when nobody is logged in. */
  api(): Promise<ApiClient>
  /** The app that is meant: --app, SKYPANEL_APP, or the git remote. */
  app(): Promise<string>
  /** Data, to stdout. */
  print(text: string): void
  /** One JSON document, to stdout. */
  json(value: unknown): void
  /** Talk, to stderr. */
  say(text: string): void
  progress<T>(
    title: string,
    work: (progress: Progress) => Promise<T>,
    ending?: (result: T) => string,
  ): Promise<T>
  colours(): Promise<ChalkInstance>
}

export function createCli(input: Input, environment: Environment, signal: AbortSignal): Cli {
  const target = async (): Promise<Target> => {
    const { chooseTarget, readCredentials } = await import('./credentials.ts')
    return chooseTarget(environment, await readCredentials(environment.credentialsFile), input.text('host'))
  }
  return {
    environment,
    signal,
    target,
    async api() {
      const chosen = await target()
      if (chosen.token === undefined) {
        const { CliError } = await import('./exit.ts')
        throw new CliError('unauthorized', `You are not logged in at ${chosen.origin}.`, {
          hint: 'Type: skypanel login',
        })
      }
      const { ApiClient } = await import('./api-client.ts')
      return new ApiClient(chosen, version(), signal)
    },
    async app() {
      const named = input.text('app') ?? (input.text('remote') === undefined ? environment.app : undefined)
      if (named !== undefined) return named
      const { appFromRemotes, readRemotes } = await import('./git-remote.ts')
      return appFromRemotes(await readRemotes(), input.text('remote'))
    },
    print: (text) => void process.stdout.write(text),
    json: (value) => void process.stdout.write(JSON.stringify(value, null, 2) + '\n'),
    say: (text) => void process.stderr.write(`${text}\n`),
    async progress(title, work, ending) {
      const { progress } = await import('./output/progress.ts')
      return progress(process.stderr, title, work, ending)
    },
    async colours() {
      const { colours } = await import('./output/colour.ts')
      return colours(process.stdout, environment.noColour)
    },
  }
}
