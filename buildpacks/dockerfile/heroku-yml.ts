import { posix } from 'node:path'
import { z } from 'zod'
import type { FileView } from '../file-view.ts'
import { type Refusal, refuse } from '../provider.ts'
import { readYaml } from './yaml-part.ts'

const Words = z.union([z.string(), z.array(z.string())])
const Command = z.union([
  z.string(),
  z.array(z.string()),
  z.object({ command: Words.optional(), image: z.string().optional() }),
])
const Built = z.union([z.string(), z.object({ dockerfile: z.string(), target: z.string().optional() })])
const empty = z.literal('').transform(() => ({}))
const HerokuYml = z.object({
  build: z
    .object({
      docker: z.record(z.string(), Built).or(empty).optional(),
      config: z.record(z.string(), z.string()).or(empty).optional(),
      languages: z.unknown().optional(),
    })
    .or(empty)
    .optional(),
  release: z.object({ command: Words.optional(), image: z.string().optional() }).or(empty).optional(),
  run: z.record(z.string(), Command).or(empty).optional(),
})

/** What heroku.yml says of the image and of what runs in it. */
export interface HerokuFile {
  readonly ok: true
  readonly dockerfile: string
  readonly target: string | null
  /** Values of ARGs. */
  readonly args: Readonly<Record<string, string>>
  readonly processes: Readonly<Record<string, string>>
}

/** Whether it asks for an image at all: without `build.docker` it is for other things. */
export function asksForImage(view: FileView): boolean {
  const file = view.read('heroku.yml', 64 * 1024)
  return file.ok && /^build:[\s\S]*^\s+docker:/m.test(file.text)
}

/** null: there is none, or it names no image. */
export function readHerokuYml(view: FileView): HerokuFile | Refusal | null {
  if (!asksForImage(view)) return null
  const file = view.read('heroku.yml', 64 * 1024)
  if (!file.ok) return null
  const read = readYaml(file.text)
  if (!read.ok) return refuse(`heroku.yml, line ${read.line}: ${read.message}`, 'Correct that line.')
  const parsed = HerokuYml.safeParse(read.value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return refuse(
      `heroku.yml is not as expected at ${issue?.path.join('.') ?? 'its top'}: ${issue?.message ?? ''}`,
      'Write it as in\nbuild:\n  docker:\n    web: Dockerfile',
    )
  }
  return understood(parsed.data)
}

function understood({ build, release, run }: z.infer<typeof HerokuYml>): HerokuFile | Refusal | null {
  const docker: Readonly<Record<string, z.infer<typeof Built>>> =
    build !== undefined && 'docker' in build ? (build.docker ?? {}) : {}
  const images = Object.entries(docker).map(([type, built]) => ({
    type,
    dockerfile: posix.normalize(typeof built === 'string' ? built : built.dockerfile),
    target: typeof built === 'string' ? null : (built.target ?? null),
  }))
  const first = images.find(({ type }) => type === 'web') ?? images[0]
  if (first === undefined) return null
  const other = images.find((one) => one.dockerfile !== first.dockerfile || one.target !== first.target)
  if (other !== undefined)
    return refuse(
      `heroku.yml builds ${first.type} from ${first.dockerfile} and ${other.type} from ${other.dockerfile}${other.target === null ? '' : ` (${other.target})`}, and a release is one image`,
      `Build one image for all of them, and name their commands below run:, as in\nrun:\n  ${other.type}:\n    command: [./${other.type}]\n    image: ${first.type}`,
    )
  const args = build !== undefined && 'config' in build ? (build.config ?? {}) : {}
  const processes: Record<string, string> = {}
  for (const [type, given] of Object.entries<z.infer<typeof Command>>(run ?? {})) {
    const command = typeof given === 'string' || Array.isArray(given) ? given : given.command
    if (command !== undefined) processes[type] = commandOf(command)
  }
  const before = release !== undefined && 'command' in release ? release.command : undefined
  if (before !== undefined) processes['release'] = commandOf(before)
  return { ok: true, dockerfile: first.dockerfile, target: first.target, args, processes }
}

/** A list holds commands that run one after the other, as Heroku has it. */
const commandOf = (command: string | readonly string[]) =>
  typeof command === 'string' ? command : command.join(' && ')
