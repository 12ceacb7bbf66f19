import { z } from 'zod'
import type { FileView } from './file-view.ts'
import type { Note, ProcessHealth } from './plan.ts'

const Entry = z.object({
  type: z.enum(['startup', 'readiness', 'liveness']).catch('startup'),
  path: z.string().startsWith('/').optional().catch(undefined),
  content: z.string().min(1).optional().catch(undefined),
  command: z.unknown().optional(),
  attempts: z.number().int().min(1).max(100).catch(3),
  timeout: z.number().min(0.1).max(60).catch(5),
  wait: z.number().min(1).max(3600).catch(5),
  httpHeaders: z.array(z.object({ name: z.string(), value: z.string() })).catch([]),
})
type Entry = z.infer<typeof Entry>
const AppJson = z.object({ healthchecks: z.record(z.string(), z.array(Entry)) })
const HOST = /^[A-Za-z0-9.:-]{1,260}$/

/** `healthchecks` of app.json, as Dokku has them. One check of each kind counts, the first. */
export function dokkuHealth(app: FileView): {
  health: Readonly<Record<string, ProcessHealth>>
  notes: Note[]
} {
  const written = readAppJson(app)
  const notes: Note[] = []
  const health = Object.fromEntries(
    Object.entries(written).map(([type, entries]) => {
      const asked = entries.filter(({ command }) => command === undefined)
      if (asked.length < entries.length)
        notes.push({
          level: 'warn',
          code: 'health.command',
          message: `app.json#healthchecks.${type}: a check by a command is not made; one by path or port is.`,
        })
      const first = (kind: Entry['type']) => asked.find((one) => one.type === kind)
      const [startup, readiness, liveness] = (['startup', 'readiness', 'liveness'] as const).map(first)
      return [
        type,
        {
          startup: startup === undefined ? null : probeOf(startup),
          readiness: checkOf(readiness),
          liveness: checkOf(liveness),
          bootTimeout: null,
        },
      ]
    }),
  )
  return { health, notes }
}

function probeOf(entry: Entry): ProcessHealth['startup'] & object {
  const host = entry.httpHeaders.find(({ name }) => name.toLowerCase() === 'host')?.value
  return {
    path: entry.path ?? null,
    host: host !== undefined && HOST.test(host) ? host : null,
    status: [[200, 399]],
    body: entry.content ?? null,
    timeout: entry.timeout,
  }
}

function checkOf(entry: Entry | undefined): ProcessHealth['readiness'] {
  if (entry === undefined) return null
  return { ...probeOf(entry), interval: entry.wait, failures: entry.attempts, successes: 1 }
}

function readAppJson(view: FileView): z.infer<typeof AppJson>['healthchecks'] {
  const file = view.read('app.json', 256 * 1024)
  if (!file.ok) return {}
  try {
    return AppJson.parse(JSON.parse(file.text)).healthchecks
  } catch {
    return {}
  }
}
