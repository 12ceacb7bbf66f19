import { readProcessConfig } from '../directory/config.ts'
import { say } from '../directory/say.ts'
import { startEdge } from './start.ts'

// `edge --home H`: answers for hosts that no instance serves. Unprivileged, keeps nothing.
try {
  const { installation } = readProcessConfig(process.argv.slice(2))
  const running = await startEdge(installation)
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
