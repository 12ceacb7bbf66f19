import { request } from 'node:http'
import { type NetworkTable, ResolveReply } from '../../server/contract/directory.ts'

/** What the agent asks of the directory besides the registry of instances. */
export interface DirectoryClient {
  /** Addresses of public names; the agent itself reads no packet that a stranger may have made. */
  resolve(hosts: readonly string[]): Promise<Readonly<Record<string, readonly string[]>>>
  putNetwork(table: NetworkTable): Promise<void>
}

/** Names that nobody answers take several seconds each. */
const TIMEOUT_MS = 20_000

export function directoryClient(socketPath: string): DirectoryClient {
  return {
    resolve: async (hosts) =>
      ResolveReply.parse(JSON.parse(await ask(socketPath, 'POST', '/resolve', { hosts }))).hosts,
    putNetwork: async (table) => void (await ask(socketPath, 'PUT', '/network', table)),
  }
}

function ask(socketPath: string, method: string, path: string, body: object): Promise<string> {
  return new Promise((resolve, reject) => {
    const failed = (reason: string) =>
      reject(new Error(`the directory did not answer ${method} ${path} at ${socketPath}: ${reason}`))
    const sent = request(
      {
        socketPath,
        method,
        path,
        headers: { 'content-type': 'application/json' },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
      (reply) => {
        let text = ''
        reply.setEncoding('utf8')
        reply.on('data', (part: string) => (text += part))
        reply.on('error', (error) => failed(error.message))
        reply.on('end', () => (reply.statusCode === 200 ? resolve(text) : failed(text.slice(0, 300))))
      },
    )
    sent.on('error', (error) => failed(error.message))
    sent.end(JSON.stringify(body))
  })
}
