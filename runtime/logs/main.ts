import { readProcessConfig } from '../directory/config.ts'
import { say } from '../directory/say.ts'
import { startLogs } from './start.ts'

// `logs --home H`: keeps what instances print. Unprivileged; see contract/log-feed.ts.
try {
  const { paths } = readProcessConfig(process.argv.slice(2))
  const running = await startLogs({
    instances: paths.instances,
    logs: paths.logs,
    socket: paths.logsSocket,
    say,
  })
  say('serving')
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      running.close()
      process.exit(0)
    })
  }
} catch (error) {
  say(error instanceof Error ? error.message : String(error))
  process.exit(1)
}
