import { z } from 'zod'
import { dokkuHealth } from './dokku-health.ts'
import type { FileView } from './file-view.ts'
import type { Note, ProcessHealth } from './plan.ts'
import { type Refusal, refuse } from './provider.ts'
import { parsed, tableOf } from './tool-files.ts'

export type HealthWishes = Readonly<Record<string, ProcessHealth>>

const TIMEOUT = 5
const PACE = { interval: 10, failures: 3, successes: 1 }
/** Below 400, as where nothing is said. */
const ANY: [number, number][] = [[100, 399]]

const code = z.number().int().min(100).max(599)
const range = z
  .string()
  .regex(/^[1-5]\d\d(?:-[1-5]\d\d)?$/)
  .transform((text): [number, number] => {
    const [low = '', high = low] = text.split('-')
    return [Number(low), Number(high)]
  })
const STATUS = 'is a status such as 200, a range such as "200-299", or a list of them'
const oneStatus = z.union([code.transform((one): [number, number] => [one, one]), range], STATUS)
const seconds = (least: number, most: number) => z.number().min(least).max(most)

const probe = {
  path: z.string().startsWith('/', 'begins with a slash').max(500).optional(),
  host: z
    .string()
    .regex(/^[A-Za-z0-9.:-]{1,260}$/, 'is a host name')
    .optional(),
  status: z
    .union([oneStatus.transform((one) => [one]), z.array(oneStatus).min(1).max(20)], STATUS)
    .optional(),
  body: z.string().min(1).max(500).optional(),
  timeout: seconds(0.1, 60).optional(),
}
const Check = z.strictObject({
  ...probe,
  interval: seconds(1, 3600).optional(),
  failures: z.number().int().min(1).max(100).optional(),
  successes: z.number().int().min(1).max(100).optional(),
})
/** `readiness = true` asks for a check as everything around it says. */
const fromFlag = (value: unknown) => (value === true ? {} : value === false ? undefined : value)
const Written = z.strictObject({
  ...probe,
  boot_timeout: seconds(1, 1800).optional(),
  readiness: z.preprocess(fromFlag, Check.optional()),
  liveness: z.preprocess(fromFlag, Check.optional()),
})
type Written = z.infer<typeof Written>
type Check = z.infer<typeof Check>

const TYPE = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const FORM =
  'As in: [health.web] with path = "/health", and [health.web.readiness] with interval = 10. Checks by a command are not there.'

/**
 * `[health.<type>]` of skypanel.toml, which has to be right; else `healthchecks` of app.json, of which what can be done
 * is done and the rest is noted.
 */
export function processHealth(
  settings: FileView,
  app: FileView,
): { ok: true; health: HealthWishes; notes: Note[] } | Refusal {
  const table = tableOf(parsed(settings, 'skypanel.toml'), 'health')
  const health: Record<string, ProcessHealth> = {}
  for (const [type, value] of Object.entries(table)) {
    if (!TYPE.test(type)) return refuse(`skypanel.toml: [health.${type}] names no process type`, FORM)
    const read = Written.safeParse(value)
    if (!read.success) {
      const issue = read.error.issues[0]
      const where = ['health', type, ...(issue?.path ?? [])].join('.')
      return refuse(`skypanel.toml: ${where}: ${issue?.message ?? 'is not understood'}`, FORM)
    }
    health[type] = wishOf(read.data)
  }
  if (Object.keys(health).length > 0) return { ok: true, health, notes: [] }
  return { ok: true, ...dokkuHealth(app) }
}

function wishOf(written: Written): ProcessHealth {
  const { boot_timeout: bootTimeout, readiness, liveness, ...probe } = written
  return {
    startup: Object.keys(probe).length === 0 ? null : probeOf(probe, {}),
    readiness: checkOf(readiness, probe),
    liveness: checkOf(liveness, probe),
    bootTimeout: bootTimeout ?? null,
  }
}

/** What a check leaves open it has from the table around it. */
function probeOf(
  own: Omit<Check, 'interval'>,
  around: Omit<Check, 'interval'>,
): ProcessHealth['startup'] & object {
  return {
    path: own.path ?? around.path ?? null,
    host: own.host ?? around.host ?? null,
    status: own.status ?? around.status ?? ANY,
    body: own.body ?? around.body ?? null,
    timeout: own.timeout ?? around.timeout ?? TIMEOUT,
  }
}

function checkOf(own: Check | undefined, around: Omit<Check, 'interval'>): ProcessHealth['readiness'] {
  if (own === undefined) return null
  return {
    ...probeOf(own, around),
    interval: own.interval ?? PACE.interval,
    failures: own.failures ?? PACE.failures,
    successes: own.successes ?? PACE.successes,
  }
}
