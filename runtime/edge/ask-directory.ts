import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { HostState } from '../../server/contract/directory.ts'

export type AskDirectory = (host: string, waitSeconds: number, gone: AbortSignal) => Promise<HostState | null>

const PATIENCE_MS = 3000
const RETRY_MS = 100

/**
 * Asks the directory for a host, waiting up to `waitSeconds` for an instance that is on its way. A directory that is
 * away is asked again for 3 s, longer than its restart takes; null after that.
 */
export function directoryClient(port: number): AskDirectory {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 16 })
  return async (host, waitSeconds, gone) => {
    const deadline = performance.now() + PATIENCE_MS
    for (;;) {
      try {
        return await ask(agent, port, host, waitSeconds, gone)
      } catch {
        if (gone.aborted || performance.now() > deadline) return null
        await sleep(RETRY_MS)
      }
    }
  }
}

function ask(agent: Agent, port: number, host: string, wait: number, gone: AbortSignal): Promise<HostState> {
  const timeout = AbortSignal.timeout((wait + 5) * 1000)
  return new Promise((resolve, reject) => {
    const path = `/hosts/${encodeURIComponent(host === '' ? '-' : host.slice(0, 300))}${wait > 0 ? `?wait=${wait}` : ''}`
    const call = request(
      { host: '127.0.0.1', port, path, agent, signal: AbortSignal.any([gone, timeout]) },
      (reply) => {
        let text = ''
        reply.setEncoding('utf8')
        reply.on('data', (part: string) => {
          text += part
        })
        reply.on('error', reject)
        reply.on('end', () => {
          try {
            resolve(HostState.parse(JSON.parse(text)))
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)))
          }
        })
      },
    )
    call.on('error', reject)
    call.end()
  })
}
