import { request } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Target {
  readonly address: string
  readonly port: number
  /** null: an accepted connection is enough. */
  readonly path: string | null
}

const FIRST_MS = 5
const LAST_MS = 250
/** Most apps are up within half a second: so long it stays at the first. */
const QUICK_ATTEMPTS = 80
const ATTEMPT_MS = 5000

/** How long to wait before the next attempt: quick while an app starts, calm with one that takes its time. */
export function probeDelay(attempt: number): number {
  return Math.min(LAST_MS, FIRST_MS * 1.15 ** Math.max(0, attempt - QUICK_ATTEMPTS))
}

function accepts(target: Target): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: target.address, port: target.port, timeout: ATTEMPT_MS })
    const done = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => done(true))
    socket.once('error', () => done(false))
    socket.once('timeout', () => done(false))
  })
}

function answers(target: Target, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request(
      {
        host: target.address,
        port: target.port,
        path,
        agent: false,
        timeout: ATTEMPT_MS,
        headers: { 'user-agent': 'skypanel-health' },
      },
      (response) => {
        resolve((response.statusCode ?? 500) < 400)
        response.destroy()
      },
    )
    call.once('error', () => resolve(false))
    call.once('timeout', () => {
      call.destroy()
      resolve(false)
    })
    call.end()
  })
}

/** Resolves true once the target is ready, false when aborted. */
export async function untilReady(target: Target, signal: AbortSignal): Promise<boolean> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    if (await (target.path === null ? accepts(target) : answers(target, target.path))) return !signal.aborted
    await sleep(probeDelay(attempt), undefined, { signal }).catch(() => undefined)
  }
  return false
}
