import { expand, readArgs } from './expand.ts'
import type { Instruction } from './parse.ts'

/** One `FROM` with what follows it. */
export interface Stage {
  readonly line: number
  readonly end: number
  /** With ARGs filled in. */
  readonly image: string
  readonly name: string | null
  readonly platform: string | null
  readonly instructions: readonly Instruction[]
}

/** Where an image is named: by FROM, COPY --from or RUN --mount=from. */
export interface Reference {
  readonly line: number
  readonly image: string
  /** Index of the stage that it means; null: an image from elsewhere. */
  readonly stage: number | null
}

/** What buildah itself gives to ARGs of these names. */
const PLATFORM: Readonly<Record<string, string>> = {
  TARGETPLATFORM: 'linux/amd64',
  TARGETOS: 'linux',
  TARGETARCH: 'amd64',
  TARGETVARIANT: '',
  BUILDPLATFORM: 'linux/amd64',
  BUILDOS: 'linux',
  BUILDARCH: 'amd64',
  BUILDVARIANT: '',
}

/** Stages in their order. `given` are values for ARGs. Pure. */
export function stagesOf(
  instructions: readonly Instruction[],
  given: Readonly<Record<string, string>>,
): Stage[] {
  const values: Record<string, string> = { ...PLATFORM }
  const stages: (Omit<Stage, 'instructions'> & { instructions: Instruction[] })[] = []
  for (const one of instructions) {
    if (one.name === 'FROM') {
      const [image = '', as, name] = one.rest.split(/\s+/)
      const platform = one.flags.find((flag) => flag.name === 'platform')
      stages.push({
        line: one.line,
        end: one.end,
        image: expand(image, values),
        name: as?.toLowerCase() === 'as' && name !== undefined ? name : null,
        platform: platform === undefined ? null : expand(platform.value, values),
        instructions: [],
      })
    } else if (stages.length > 0) stages.at(-1)?.instructions.push(one)
    else if (one.name === 'ARG')
      for (const { name, value } of readArgs(one.rest))
        values[name] = Object.hasOwn(given, name) ? (given[name] ?? '') : expand(value ?? '', values)
  }
  return stages
}

/** The stage that is asked for by name or number, or the last; -1: there is none of that name. */
export function targetOf(stages: readonly Stage[], target: string | null): number {
  if (target === null) return stages.length - 1
  const named = stages.findIndex(({ name }) => name?.toLowerCase() === target.toLowerCase())
  if (named >= 0) return named
  return /^\d{1,3}$/.test(target) && Number(target) < stages.length ? Number(target) : -1
}

/** Images that a stage names. A name means an earlier stage before anything else. */
export function referencesOf(stages: readonly Stage[], index: number): Reference[] {
  const stage = stages[index]
  if (stage === undefined) return []
  const refer = (line: number, image: string, numbers: boolean): Reference => {
    const named = stages
      .slice(0, index)
      .findLastIndex(({ name }) => name?.toLowerCase() === image.toLowerCase())
    const numbered = numbers && /^\d{1,3}$/.test(image) && Number(image) < index ? Number(image) : -1
    const found = named >= 0 ? named : numbered
    return { line, image, stage: found < 0 ? null : found }
  }
  const from = refer(stage.line, stage.image, false)
  const others = stage.instructions.flatMap((one) =>
    one.flags.flatMap(({ name, value }) => {
      if (name === 'from' && value !== '') return [refer(one.line, value, true)]
      const mount = name === 'mount' ? (/(?:^|,)from=([^,]+)/.exec(value)?.[1] ?? null) : null
      return mount === null ? [] : [refer(one.line, mount, true)]
    }),
  )
  return [from, ...others]
}

/** Stages that the target needs, itself included, in their order. */
export function neededStages(stages: readonly Stage[], target: number): number[] {
  const needed = new Set<number>()
  const visit = (index: number) => {
    if (needed.has(index)) return
    needed.add(index)
    for (const { stage } of referencesOf(stages, index)) if (stage !== null) visit(stage)
  }
  if (target >= 0) visit(target)
  return [...needed].sort((a, b) => a - b)
}
