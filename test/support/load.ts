import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { WebSocket } from 'ws'
import type { TestApp } from './platform.ts'

/** `at`: when the request was sent; times are ms since the load began. */
export interface Failure {
  readonly at: number
  readonly took: number
  readonly what: string
}

/**
 * Keep-alive GETs and POSTs at a fixed rate, whatever the answers take. Stopped it tells what went wrong.
 */
export class Load {
  readonly failures: Failure[] = []
  sent = 0
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 32 })
  readonly #began = performance.now()
  readonly #app: TestApp
  readonly #sending: Promise<void>
  #stopped = false
  #open = 0

  constructor(app: TestApp, perSecond = 100) {
    this.#app = app
    this.#sending = this.#run(perSecond)
  }

  now(): number {
    return performance.now() - this.#began
  }

  async #run(perSecond: number): Promise<void> {
    while (!this.#stopped) {
      const due = (this.now() / 1000) * perSecond
      while (this.sent < due) this.#send(this.sent++ % 4 === 0 ? 'POST' : 'GET')
      await sleep(5)
    }
  }

  #send(method: 'GET' | 'POST'): void {
    this.#open += 1
    const at = this.now()
    const end = (failure: string | null) => {
      this.#open -= 1
      if (failure !== null) this.failures.push({ at, took: this.now() - at, what: `${method} ${failure}` })
    }
    const body = method === 'POST' ? `number ${this.sent}` : ''
    const asking = request(
      this.#app.platform.facts.routerHttp,
      {
        method,
        path: method === 'POST' ? '/echo' : '/version',
        agent: this.#agent,
        headers: {
          host: this.#app.host,
          'content-type': 'text/plain',
          'content-length': Buffer.byteLength(body),
        },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (more: string) => (text += more))
        response.once('error', (error) => end(error.message))
        response.once('end', () => {
          const right = response.statusCode === 200 && (method === 'GET' || text === body)
          end(right ? null : `${response.statusCode} ${text.slice(0, 60)}`)
        })
      },
    )
    asking.once('error', (error) => end(error.message))
    asking.end(body)
  }

  /** Resolves with the failures once every request has ended. */
  async stop(): Promise<readonly Failure[]> {
    this.#stopped = true
    await this.#sending
    while (this.#open > 0) await sleep(5)
    this.#agent.destroy()
    return this.failures
  }
}

/** An open WebSocket; `echo` proves that it still leads to the app. */
export async function openSocket(app: TestApp) {
  const socket: WebSocket = app.socket('/socket')
  let closed = false
  socket.on('close', () => (closed = true))
  socket.on('error', () => (closed = true))
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  return {
    isClosed: () => closed,
    async echo(text: string): Promise<string> {
      const answer = new Promise<string>((resolve, reject) => {
        socket.once('message', (data: Buffer) => resolve(data.toString()))
        socket.once('close', () => reject(new Error('the socket was closed')))
      })
      socket.send(text)
      return answer
    },
    close: () => socket.terminate(),
  }
}
