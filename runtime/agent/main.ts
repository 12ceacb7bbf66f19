import { readAgentConfig } from '../config.ts'
import { startAgent } from './agent.ts'

/** `agent --home H`: the one process of an installation that is root. */
function say(message: string, error?: unknown): void {
  const detail =
    error === undefined
      ? ''
      : `: ${error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(error)}`
  process.stderr.write(`${new Date().toISOString()} agent ${message}${detail}\n`)
}

process.umask(0o022)
process.on('unhandledRejection', (error) => say('An error was not handled', error))
const agent = await startAgent(readAgentConfig(process.argv.slice(2)), say)
say('ready')

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    // Instances stay: the next agent takes them over.
    void agent.close().finally(() => process.exit(0))
  })
}
