import { request, type IncomingMessage } from 'node:http'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { RegisteredInstance } from '../../server/contract/directory.ts'
import type { Registry } from './registry.ts'

const TIMEOUT_MS = 5000
const RETRY_MS = 250

/** The registry that the directory keeps, through its unix socket. Fails with a sentence when the directory is away. */
export function embeddedRegistry(socketPath: string): Registry {
  async function ask(method: string, path: string, body?: unknown): Promise<void> {
    const reply = await open(socketPath, method, path, body, AbortSignal.timeout(TIMEOUT_MS))
    let text = ''
    for await (const part of reply as AsyncIterable<Buffer>) text += part.toString('utf8')
    if (reply.statusCode !== 200)
      throw new Error(`the directory refused ${method} ${path}: ${text.slice(0, 500)}`)
  }
  return {
    name: 'embedded',
    async ping() {
      try {
        await ask('GET', '/state')
        return { ok: true }
      } catch (error) {
        return { ok: false, reason: error instanceof Error ? error.message : String(error) }
      }
    },
    publish: (node, instances) => ask('PUT', '/instances', { complete: true, node, instances }),
    withdraw: (node, instance) => ask('POST', '/withdraw', { node, instance }),
    async watch(changed, signal) {
      while (!signal.aborted) {
        try {
          const reply = await open(socketPath, 'GET', '/watch', undefined, signal)
          for await (const line of createInterface({ input: reply })) {
            if (signal.aborted) return
            changed(z.array(RegisteredInstance).parse(JSON.parse(line)))
          }
        } catch {
          // Away, or restarting: the watcher keeps what it had, and is told the whole again.
        }
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined)
      }
    },
  }
}

function open(
  socketPath: string,
  method: string,
  path: string,
  body: unknown,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const call = request(
      { socketPath, method, path, signal, headers: { 'content-type': 'application/json' } },
      resolve,
    )
    call.on('error', (error) =>
      reject(new Error(`the directory does not answer at ${socketPath}: ${error.message}`, { cause: error })),
    )
    call.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
