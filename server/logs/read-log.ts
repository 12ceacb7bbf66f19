import { createInterface } from 'node:readline'
import type { Context } from '../context.ts'
import type { AppId } from '../contract/ids.ts'
import { LogLine } from '../contract/logs.ts'
import { DomainError } from '../domain/errors.ts'
import { openUnix } from '../ipc/unix-request.ts'

export interface LogQuery {
  /** The last so many lines first. */
  readonly lines: number
  readonly follow: boolean
  readonly process?: string | undefined
  readonly source?: 'app' | 'skypanel' | undefined
  /** Instead of the last lines: those after this number. */
  readonly after: number | null
}

/**
 * Lines of an app's log, from the process that keeps them. Ends with `follow` only when the signal aborts, or with an
 * error when that process goes away. Errors: node_unavailable.
 */
export async function readLog(
  ctx: Pick<Context, 'config'>,
  app: AppId,
  query: LogQuery,
  signal: AbortSignal,
): Promise<AsyncIterable<LogLine>> {
  const search = new URLSearchParams({ lines: String(query.lines), follow: String(query.follow) })
  if (query.process !== undefined) search.set('process', query.process)
  if (query.source !== undefined) search.set('source', query.source)
  if (query.after !== null) search.set('after', String(query.after))
  try {
    const path = `/apps/${app}/lines?${search}`
    const response = await openUnix({ socket: ctx.config.paths.logsSocket, method: 'GET', path, signal })
    return lines(response, signal)
  } catch (cause) {
    throw unreadable(cause)
  }
}

const unreadable = (cause: unknown) =>
  new DomainError(
    'node_unavailable',
    'The log cannot be read at the moment. Nothing is lost; try it again.',
    { cause },
  )

async function* lines(
  response: NodeJS.ReadableStream & { destroy(): unknown },
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  // readline hides a connection that breaks; what it was told decides between an end and a failure.
  let broken: Error | null = null
  response.once('error', (error) => (broken = error))
  try {
    for await (const line of createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line !== '') yield LogLine.parse(JSON.parse(line))
    }
    if (broken !== null && !signal.aborted) throw unreadable(broken)
  } finally {
    response.destroy()
  }
}
