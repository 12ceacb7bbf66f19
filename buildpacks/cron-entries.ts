import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { FileView } from './file-view.ts'
import type { CronEntry } from './plan.ts'
import { type Refusal, refuse } from './provider.ts'
import { parsed } from './tool-files.ts'

const MAX_ENTRIES = 50
const line = (most: number) =>
  z
    .string()
    .trim()
    .min(1, 'is empty')
    .max(most)
    .refine((text) => !text.includes('\0'), 'holds a NUL')

const Written = z.strictObject({
  name: z
    .string()
    .regex(
      /^[a-z0-9](?:[a-z0-9-]{0,28}[a-z0-9])?$/,
      'is up to 30 lower-case letters, digits and inner hyphens',
    )
    .optional(),
  schedule: line(200),
  command: line(16_384),
  size: z.string().max(30).optional(),
  overlap: z.enum(['skip', 'allow'], 'is "skip" or "allow"').default('skip'),
})
type Written = z.infer<typeof Written>

/** Dokku's form; what else it may hold does not matter here. */
const FromDokku = z.object({
  schedule: line(200),
  command: line(16_384),
  concurrency_policy: z.string().optional().catch(undefined),
})
const FORM = 'As in: [[cron]] with schedule = "0 3 * * *" and command = "npm run nightly". Times are UTC.'

/** `[[cron]]` of skypanel.toml, else `cron` of app.json as Dokku reads it. */
export function cronEntries(
  settings: FileView,
  app: FileView,
): { ok: true; entries: readonly CronEntry[] } | Refusal {
  const mine = parsed(settings, 'skypanel.toml')['cron']
  const [from, list, schema] =
    mine === undefined
      ? (['app.json', fromAppJson(app), FromDokku.transform(fromDokku)] as const)
      : (['skypanel.toml', mine, Written] as const)
  const read = z.array(schema).max(MAX_ENTRIES).safeParse(list)
  if (!read.success) {
    const issue = read.error.issues[0]
    const [place, ...field] = issue?.path ?? []
    const where =
      typeof place === 'number'
        ? `cron entry ${place + 1}${field.map((one) => ` ${String(one)}`).join('')}`
        : 'cron'
    return refuse(`${from}: ${where}: ${issue?.message ?? 'is not understood'}`, FORM)
  }
  const entries = named(read.data, from)
  const twice = entries.find(({ name }, index) => entries.findIndex((one) => one.name === name) !== index)
  if (twice !== undefined) return refuse(`${from}: two cron entries are called ${twice.name}`, FORM)
  return { ok: true, entries }
}

const fromDokku = ({
  schedule,
  command,
  concurrency_policy: policy,
}: z.infer<typeof FromDokku>): Written => ({
  schedule,
  command,
  overlap: policy === 'allow' ? 'allow' : 'skip',
})

/** An entry without a name is called by what it does and when, so a further one beside it changes nothing for it. */
function named(list: readonly Written[], from: string): CronEntry[] {
  const seen = new Map<string, number>()
  return list.map(({ name, schedule, command, size, overlap }) => {
    const hash = createHash('sha256').update(`${schedule}\0${command}`).digest('hex').slice(0, 8)
    const count = (seen.get(hash) ?? 0) + 1
    seen.set(hash, count)
    const own = count === 1 ? hash : `${hash}-${count}`
    return { name: name ?? own, schedule, command, size: size ?? null, overlap, from }
  })
}

function fromAppJson(view: FileView): unknown {
  const file = view.read('app.json', 256 * 1024)
  if (!file.ok) return []
  try {
    return z.object({ cron: z.array(z.unknown()).catch([]) }).parse(JSON.parse(file.text)).cron
  } catch {
    return []
  }
}
