import { readdirSync } from 'node:fs'
import { listenUnix } from '../directory/listen.ts'
import type { LogLimits } from './app-log.ts'
import { Collector } from './collect.ts'
import { logServer } from './server.ts'
import { LogStore } from './store.ts'

/** Starts the logs process' parts: first what is stored is mended, then instances are read and readers served. */
export async function startLogs(options: {
  readonly instances: string
  readonly logs: string
  readonly socket: string
  readonly limits?: LogLimits
  readonly say: (message: string, facts?: Record<string, unknown>) => void
}): Promise<{ close(): void }> {
  const { instances, logs, say } = options
  const store = new LogStore(logs, options.limits)
  store.prune(new Set(list(instances)))
  const collector = new Collector({ instances, logs, logOf: (app) => store.log(app), say })
  const server = logServer(store, say)
  await listenUnix(server, options.socket)
  return {
    close() {
      collector.close()
      server.close()
      server.closeAllConnections()
      store.close()
    },
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
