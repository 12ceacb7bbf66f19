import { inheritedDnsFd, readProcessConfig } from './config.ts'
import { say } from './say.ts'
import { startDirectory } from './start.ts'

// `directory --home H`: answers which addresses serve a host name. Unprivileged; see contract/directory.ts.
try {
  const { installation, paths } = readProcessConfig(process.argv.slice(2))
  const running = await startDirectory({ installation, paths, dnsFd: inheritedDnsFd(), say })
  const { hosts, instances } = running.directory.state()
  say('serving', { hosts, instances: instances.length })
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
