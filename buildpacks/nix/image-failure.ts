import { parseDockerfile } from '../dockerfile/parse.ts'
import type { ImagePlan } from '../plan.ts'
import { BuildStopped } from './failure.ts'

const plainly = (text: string) => text.replaceAll(/\s+/g, ' ').trim()

/**
 * The line of the Dockerfile at which buildah gave up: of the image that it could not have, or of the instruction that it
 * was at. null: it does not say. Pure.
 */
export function failedLine(image: ImagePlan, dockerfile: string, tail: readonly string[]): number | null {
  const output = tail.join('\n')
  const missing = image.bases.find(({ base }) => base.kind === 'pull' && isNamed(output, base.from))
  if (missing !== undefined) return missing.line
  const step = tail.findLast((line) => /^(?:\[\d+\/\d+\] )?STEP \d+/.test(line))
  const at = plainly(step?.replace(/^(?:\[\d+\/\d+\] )?STEP \d+(?:\/\d+)?: /, '') ?? '')
  if (at === '') return null
  const found = parseDockerfile(dockerfile).instructions.filter(({ name, flags, rest }) => {
    const given = flags.map((flag) => `--${flag.name}=${flag.value}`)
    return plainly([name, ...given, rest].join(' ')) === at
  })
  // The same instruction may stand in several stages: then it is not known which.
  return found.length === 1 ? (found[0]?.line ?? null) : null
}

const isNamed = (output: string, name: string) =>
  output
    .split('\n')
    .some(
      (line) =>
        /(?:^|\W)(?:initializing source|reading manifest|pinging container registry|pulling image|copying system image)/.test(
          line,
        ) && line.includes(name),
    )

/** A failure of a build, told with the line of the Dockerfile. */
export function atLine(stopped: BuildStopped, dockerfile: string, line: number | null): BuildStopped {
  const { code, message, hint } = stopped.outcome
  return line === null || code !== 'build_failed'
    ? stopped
    : new BuildStopped(code, `${dockerfile}, line ${line}: ${message}`, hint)
}
