import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** One request that has ended, at what moment it was due and how long it took from then, in ms. */
export interface Answered {
  readonly at: number
  readonly ms: number
}

/**
 * Keep-alive GETs and, one in ten, POSTs at a fixed rate, open loop: a slow answer does not make the next request wait,
 * and the time that a request waited to be sent counts.
 */
export class OpenLoop {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 })
  readonly #router: string
  readonly #host: string
  readonly #rate: number
  #stopped = false
  #open = 0
  sent = 0
  readonly answered: Answered[] = []
  readonly failures: string[] = []

  constructor(router: string, host: string, rate: number) {
    this.#router = router
    this.#host = host
    this.#rate = rate
  }

  async run(): Promise<void> {
    const start = performance.now()
    while (!this.#stopped) {
      const due = ((performance.now() - start) / 1000) * this.#rate
      while (this.sent < due && !this.#stopped)
        this.#send(this.sent++ % 10 === 0 ? 'POST' : 'GET', start + ((this.sent - 1) / this.#rate) * 1000)
      await sleep(2)
    }
    while (this.#open > 0) await sleep(10)
    this.#agent.destroy()
  }

  #send(method: 'GET' | 'POST', at: number): void {
    this.#open++
    const body = method === 'POST' ? JSON.stringify({ number: this.sent }) : undefined
    const done = (failure?: string) => {
      this.#open--
      if (failure === undefined) this.answered.push({ at, ms: performance.now() - at })
      else this.failures.push(failure)
    }
    const req = request(
      `${this.#router}${method === 'POST' ? '/echo' : '/version'}`,
      {
        method,
        agent: this.#agent,
        headers: {
          host: this.#host,
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
        },
      },
      (res) => {
        res.resume()
        res.once('end', () => done(res.statusCode === 200 ? undefined : `${method} ${res.statusCode}`))
        res.once('error', (error) => done(`${method} ${error.message}`))
      },
    )
    req.once('error', (error) => done(`${method} ${error.message}`))
    req.end(body)
  }

  /** What was answered of the requests due since then, in ms. */
  since(moment: number): number[] {
    return this.answered.filter(({ at }) => at >= moment).map(({ ms }) => ms)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    while (this.#open > 0) await sleep(10)
  }
}
