import { request } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { type HealthCheck, type PeriodicProbe, Probe } from '../../server/contract/health-checks.ts'

export const Target = z.object({ address: z.string(), port: z.number(), probe: Probe })
export type Target = z.infer<typeof Target>

const FIRST_MS = 5
const LAST_MS = 250
/** Most apps are up within half a second: so long it stays at the first. */
const QUICK_ATTEMPTS = 80
const DEFAULT_TIMEOUT = 5
const MAX_BODY = 64 * 1024

/** How long to wait before the next attempt: quick while an app starts, calm with one that takes its time. */
export function probeDelay(attempt: number): number {
  return Math.min(LAST_MS, FIRST_MS * 1.15 ** Math.max(0, attempt - QUICK_ATTEMPTS))
}

/** What has to be answered before an instance is ready. */
export function startupProbe(health: HealthCheck): Probe {
  const { path, startup } = health
  return startup ?? { path, host: null, status: [[100, 399]], body: null, timeout: DEFAULT_TIMEOUT }
}

/** What a probe asks for, in words: `GET /health on port 5000`. */
export function describeProbe({ path }: Probe, port: number): string {
  return path === null ? `A connection to port ${port}` : `GET ${path} on port ${port}`
}

/** null: the answer is good; else what is wrong with it, as in `was answered with 503`. Pure. */
export function faultOf(probe: Probe, status: number, body: string): string | null {
  if (!probe.status.some(([low, high]) => status >= low && status <= high))
    return `was answered with ${status}`
  return probe.body === null || body.includes(probe.body)
    ? null
    : `was answered without ${JSON.stringify(probe.body)} in it`
}

function accepts(target: Target): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host: target.address, port: target.port })
    const done = (answer: string | null) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(answer)
    }
    const timer = setTimeout(() => done(late(target.probe)), target.probe.timeout * 1000)
    socket.once('connect', () => done(null))
    socket.once('error', (error: NodeJS.ErrnoException) => done(refusal(error)))
  })
}

const late = ({ timeout }: Probe) => `was not answered within ${timeout} s`
const refusal = ({ code, message }: NodeJS.ErrnoException) =>
  code === 'ECONNREFUSED' ? 'was refused' : `failed: ${code ?? message}`

function answers(target: Target, path: string): Promise<string | null> {
  const { probe, address, port } = target
  return new Promise((resolve) => {
    const done = (answer: string | null) => {
      clearTimeout(timer)
      resolve(answer)
      call.destroy()
    }
    const call = request(
      {
        host: address,
        port,
        path,
        agent: false,
        headers: { 'user-agent': 'skypanel-health', ...(probe.host === null ? {} : { host: probe.host }) },
      },
      (response) => {
        const status = response.statusCode ?? 500
        if (probe.body === null) return done(faultOf(probe, status, ''))
        let body = ''
        response.setEncoding('utf8')
        response.on('data', (text: string) => {
          body += text
          if (body.length > MAX_BODY) done(faultOf(probe, status, body.slice(0, MAX_BODY)))
        })
        response.once('end', () => done(faultOf(probe, status, body)))
        response.once('error', (error) => done(refusal(error)))
      },
    )
    // A limit for the whole answer: an app that sends a byte now and then is not well.
    const timer = setTimeout(() => done(late(probe)), probe.timeout * 1000)
    call.on('error', (error) => done(refusal(error)))
    call.end()
  })
}

/** Asks once. null: all is well; else what is wrong. */
export function ask(target: Target): Promise<string | null> {
  const { path } = target.probe
  return path === null ? accepts(target) : answers(target, path)
}

/** Resolves true once the target is ready, false when aborted. */
export async function untilReady(target: Target, signal: AbortSignal): Promise<boolean> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    if ((await ask(target)) === null) return !signal.aborted
    await sleep(probeDelay(attempt), undefined, { signal }).catch(() => undefined)
  }
  return false
}

export const Pace = z.object({ interval: z.number(), failures: z.number(), successes: z.number() })
export type Pace = z.infer<typeof Pace>
export const paceOf = ({ interval, failures, successes }: PeriodicProbe): Pace => ({
  interval,
  failures,
  successes,
})

/** What counts, and how many answers in a row have said the opposite. */
export interface Tally {
  readonly ok: boolean
  readonly against: number
}

/** One answer more. Pure. */
export function tally({ ok, against }: Tally, good: boolean, pace: Pace): Tally {
  if (good === ok) return { ok, against: 0 }
  const enough = ok ? pace.failures : pace.successes
  return against + 1 >= enough ? { ok: good, against: 0 } : { ok, against: against + 1 }
}

/** Asks at its pace until aborted; `changed` hears of each change, with what is wrong. */
export async function keepAsking(
  target: Target,
  pace: Pace,
  from: boolean,
  signal: AbortSignal,
  changed: (ok: boolean, why: string) => void,
): Promise<void> {
  let now: Tally = { ok: from, against: 0 }
  for (;;) {
    await sleep(pace.interval * 1000, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return
    const fault = await ask(target)
    if (signal.aborted) return
    const next = tally(now, fault === null, pace)
    if (next.ok !== now.ok) changed(next.ok, fault ?? '')
    now = next
  }
}
