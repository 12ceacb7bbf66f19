import type { Context } from '../context.ts'
import type { BuildId } from '../contract/ids.ts'
import type { BuildLogLine } from '../contract/releases.ts'
import { lastSeq, linesBefore } from '../store/builds.ts'

/** A part of a build's output in order: the last lines, or those in front of the line `before`. */
export const readBuildLines = (
  ctx: Pick<Context, 'db'>,
  build: BuildId,
  { before, lines }: { readonly before: number | null; readonly lines: number },
): Promise<BuildLogLine[]> => linesBefore(ctx.db, build, before, lines)

/** Number of the last line so far; 0: none yet. */
export const lastLineOf = lastSeq
