import { posix } from 'node:path'
import type { BuildPlan, ImageBase, Note } from '../plan.ts'
import { languagePlan } from '../language-plan.ts'
import { type LanguagePlan, type PlanContext, type Refusal, refuse, request } from '../provider.ts'
import { override } from '../settings.ts'
import { type BaseTool, baseOf } from './base.ts'
import { type Checked, checkInstructions, shown } from './check.ts'
import { DOCKERFILES } from './detect.ts'
import { type HerokuFile, readHerokuYml } from './heroku-yml.ts'
import { commandOf, launchOf } from './launch.ts'
import { type Parsed, parseDockerfile, type Problem } from './parse.ts'
import { neededStages, referencesOf, type Stage, stagesOf, targetOf } from './stages.ts'

const MAX_BYTES = 256 * 1024
const MAX_STAGES = 50
/** More than one problem is worth a push; a page of them is not. */
const MAX_TOLD = 5

/** The image of a Dockerfile. What cannot be built is refused here, by its line, before anything is. */
export function plan(context: PlanContext): LanguagePlan | Refusal {
  const { view, settings } = context
  const heroku = readHerokuYml(view)
  if (heroku !== null && !heroku.ok) return heroku
  const place = placeOf(context, heroku)
  const file = view.read(place.dockerfile, MAX_BYTES)
  if (!file.ok) {
    const why = file.reason === 'too-large' ? `is larger than ${MAX_BYTES / 1024} KB` : 'cannot be read'
    return refuse(
      `${place.from} names ${shown(place.dockerfile)}, which ${file.reason === 'missing' ? 'is not there' : why}`,
      'Name a Dockerfile of the repository, by its path from the root of the app.',
    )
  }
  const parsed = parseDockerfile(file.text)
  const fail = (problems: readonly Problem[]) => failure(place.dockerfile, problems)
  if (parsed.problem !== null) return fail([parsed.problem])
  const args = heroku?.args ?? {}
  const stages = stagesOf(parsed.instructions, args)
  const wrong = structureOf(parsed, stages)
  if (wrong !== null) return fail([wrong])
  const name = override(settings, 'SKYPANEL_DOCKER_TARGET')?.value ?? heroku?.target ?? null
  const target = targetOf(stages, name)
  if (target < 0) {
    const names = stages.flatMap((stage) => (stage.name === null ? [] : [stage.name]))
    return refuse(
      `${place.dockerfile} has no stage "${shown(name ?? '')}"`,
      names.length === 0 ? 'Name the stage by FROM … AS name.' : `Its stages are ${names.join(', ')}.`,
    )
  }
  const needed = neededStages(stages, target)
  const checked = checkInstructions(instructionsOf(parsed, stages, needed))
  const missing = missingSecrets(checked, settings.names)
  const bases = basesOf(context, stages, needed)
  const problems = [...checked.problems, ...missing, ...bases.problems]
  if (problems.length > 0) return fail(problems)
  const image: NonNullable<BuildPlan['image']> = {
    dockerfile: place.dockerfile,
    context: place.context,
    target: stages[target]?.name ?? (target === stages.length - 1 ? null : String(target)),
    args: { ...args },
    bases: bases.named,
    secrets: [...new Set(checked.secrets.map(({ id }) => id))].sort(),
  }
  return languagePlan({
    tools: bases.tools,
    steps: [],
    include: [],
    image,
    processes: processesOf(place.dockerfile, stages, target, bases.named, heroku),
    notes: notesOf(place.dockerfile, parsed, checked, bases.named, settings.names),
  })
}

interface Place {
  readonly dockerfile: string
  readonly context: string
  readonly from: string
}

/** Heroku builds in the Dockerfile's own folder; a setting is meant as in `docker build -f FILE .`. */
function placeOf({ view, settings }: PlanContext, heroku: HerokuFile | null): Place {
  const set = override(settings, 'SKYPANEL_DOCKERFILE')
  if (set !== null) return { dockerfile: posix.normalize(set.value), context: '.', from: set.name }
  if (heroku !== null)
    return { dockerfile: heroku.dockerfile, context: posix.dirname(heroku.dockerfile), from: 'heroku.yml' }
  const found = DOCKERFILES.find((name) => view.exists(name)) ?? DOCKERFILES[0]
  return { dockerfile: found, context: '.', from: 'SKYPANEL_BUILDPACK' }
}

function structureOf({ directives, instructions }: Parsed, stages: readonly Stage[]): Problem | null {
  const syntax = directives['syntax']
  if (syntax !== undefined && !/^(?:docker\.io\/)?docker\/dockerfile(?:[:@]|$)/.test(syntax))
    return {
      line: 1,
      message: `The syntax ${shown(syntax)} is a program of somebody else, and is not run`,
      hint: 'Remove the line, or write # syntax=docker/dockerfile:1.',
    }
  const early = instructions.find(({ name }) => name !== 'ARG')
  if (early !== undefined && early.name !== 'FROM')
    return {
      line: early.line,
      message: `${shown(early.name)} stands before the first FROM`,
      hint: 'Only ARG may. Begin the image by FROM, e.g. FROM debian:13.',
    }
  if (stages.length === 0)
    return { line: 1, message: 'There is no FROM', hint: 'Begin the image by FROM, e.g. FROM debian:13.' }
  if (stages.length > MAX_STAGES)
    return {
      line: stages[MAX_STAGES]?.line ?? 1,
      message: `There are more than ${MAX_STAGES} stages`,
      hint: 'Use fewer.',
    }
  const nameless = stages.find(({ image }) => !/^[\w][\w.:/@+-]*$/.test(image))
  if (nameless !== undefined)
    return {
      line: nameless.line,
      message: `FROM names "${shown(nameless.image)}", which is no image`,
      hint: 'An ARG that FROM uses stands before the first FROM and has a value there, or one in build.config of heroku.yml.',
    }
  return null
}

function instructionsOf({ instructions }: Parsed, stages: readonly Stage[], needed: readonly number[]) {
  const used = needed.flatMap((index) => {
    const stage = stages[index]
    if (stage === undefined) return []
    return [...instructions.filter(({ line }) => line === stage.line), ...stage.instructions]
  })
  return used.sort((a, b) => a.line - b.line)
}

function missingSecrets({ secrets }: Checked, names: readonly string[]): Problem[] {
  return secrets
    .filter(({ id, required }) => required && !names.includes(id))
    .map(({ line, id }) => ({
      line,
      message: `RUN requires the secret ${id}, and no config var has that name`,
      hint: `Set it: skypanel config:set ${id}=…, then push again.`,
    }))
}

interface Bases {
  readonly named: NonNullable<BuildPlan['image']>['bases']
  readonly tools: LanguagePlan['tools']
  readonly problems: readonly Problem[]
}

function basesOf(
  { settings, manifest }: PlanContext,
  stages: readonly Stage[],
  needed: readonly number[],
): Bases {
  const named: { line: number; image: string; base: ImageBase }[] = []
  const tools = new Map<string, BaseTool & { line: number }>()
  const problems: Problem[] = []
  const stack = manifest.defaults['stack'] ?? ''
  for (const { line, image, stage } of needed.flatMap((index) => referencesOf(stages, index))) {
    if (stage !== null || named.some((one) => one.image === image)) continue
    const known = baseOf(image, stack, settings.images ?? {})
    if (known.base.kind === 'pull' && known.base.from.startsWith('skypanel/'))
      problems.push({
        line,
        message: `There is no ${shown(image)}`,
        hint: `The stacks are skypanel/stack:${stack.replace(/^.*-/, '')} and, with compilers, skypanel/stack:${stack.replace(/^.*-/, '')}-build.`,
      })
    named.push({ line, image, base: known.base })
    for (const tool of known.tools) {
      const other = tools.get(tool.name)
      if (other !== undefined && other.want !== tool.want)
        problems.push({
          line,
          message: `${shown(image)} has another ${tool.name} than the image of line ${other.line}, and one build has one`,
          hint: `Name the same version in both lines.`,
        })
      tools.set(tool.name, { ...tool, line })
    }
  }
  const wanted = [...tools.values()].map(({ name, want, line }) =>
    request({
      name,
      want,
      from: `line ${line} of the Dockerfile`,
      source: name === 'go' ? 'goproxy' : 'npm',
      phase: ['build'],
    }),
  )
  const buildah = request({
    name: 'buildah',
    want: '*',
    from: 'default',
    source: 'debian',
    phase: ['build'],
    layer: { suite: null, packages: ['buildah', 'netavark'] },
  })
  return { named, tools: [buildah, ...wanted], problems }
}

/** What the image starts, where the file tells: an image from elsewhere may bring a part of it. */
function processesOf(
  file: string,
  stages: readonly Stage[],
  target: number,
  bases: Bases['named'],
  heroku: HerokuFile | null,
): LanguagePlan['processes'] {
  const declared = Object.fromEntries(
    Object.entries(heroku?.processes ?? {}).map(([type, command]) => [type, { command, from: 'heroku.yml' }]),
  )
  const launch = launchOf(stages, target)
  const command = bases.some(({ base }) => base.kind === 'pull') ? null : commandOf(launch)
  return { ...(command === null ? {} : { web: { command, from: `${file}:${launch.line}` } }), ...declared }
}

function notesOf(
  file: string,
  { directives }: Parsed,
  { remarks, secrets }: Checked,
  bases: Bases['named'],
  names: readonly string[],
): Note[] {
  const at = (line: number) => `${file}, line ${line}`
  const meant = bases.flatMap(({ line, image, base }): Note[] => {
    const said =
      base.kind === 'made'
        ? `${base.title}, made from Debian's own packages, not the image of that name from its registry`
        : base.kind === 'pull'
          ? `pulled from its registry${base.from === image ? '' : ` as ${base.from}`}`
          : null
    const message = `${at(line)}: ${image} is ${said}.`
    return said === null ? [] : [{ level: 'info', code: 'dockerfile.base', message }]
  })
  const unset = secrets.filter(({ id, required }) => !required && !names.includes(id))
  return [
    ...meant,
    ...remarks.map(
      ({ line, level, code, message }): Note => ({ level, code, message: `${at(line)}: ${message}` }),
    ),
    ...unset.map(
      ({ line, id }): Note => ({
        level: 'warn',
        code: 'dockerfile.secret',
        message: `${at(line)}: the secret ${id} is empty, for no config var has that name.`,
      }),
    ),
    ...(directives['check'] === undefined
      ? []
      : [
          {
            level: 'info',
            code: 'dockerfile.check',
            message: '# check= is for another builder and changes nothing here.',
          } as const,
        ]),
  ]
}

function failure(file: string, problems: readonly Problem[]): Refusal {
  const told = [...problems].sort((a, b) => a.line - b.line).slice(0, MAX_TOLD)
  const [first] = told
  const lines = told.map(({ line, message }) => `${file}, line ${line}: ${message}`)
  const left = problems.length - told.length
  if (left > 0) lines.push(`and ${left} more`)
  const hints =
    told.length === 1 ? (first?.hint ?? '') : told.map(({ line, hint }) => `Line ${line}: ${hint}`).join('\n')
  return refuse(lines.join('\n'), hints)
}
