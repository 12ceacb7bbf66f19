import { lastLineOf } from '../build/read-build-lines.ts'
import type { Context } from '../context.ts'
import type { AppId, BuildId } from '../contract/ids.ts'
import type { Follow } from '../contract/live.ts'
import type { LogLine } from '../contract/logs.ts'
import type { BuildLogLine } from '../contract/releases.ts'
import type { Deploy } from '../deploy/deploy.ts'
import { readLog } from '../logs/read-log.ts'
import type { z } from 'zod'

/** The lines of a log of that app, from where it was asked for, and those that come. Errors: build_not_found, node_unavailable. */
export async function openStream(
  ctx: Pick<Context, 'db' | 'config'> & { readonly deploy: Pick<Deploy, 'build' | 'watchBuildLog'> },
  app: AppId,
  { stream, after, lines }: z.output<typeof Follow>,
  signal: AbortSignal,
): Promise<AsyncIterable<LogLine | BuildLogLine>> {
  if (stream.kind === 'log') {
    const { process, source } = stream
    return await readLog(ctx, app, { lines, follow: true, process, source, after }, signal)
  }
  const { id } = await ctx.deploy.build(app, stream.build)
  return ctx.deploy.watchBuildLog(app, id, after ?? (await startOf(ctx, id, lines)), signal)
}

const startOf = async (ctx: Pick<Context, 'db'>, build: BuildId, lines: number) =>
  Math.max(0, (await lastLineOf(ctx.db, build)) - lines)
