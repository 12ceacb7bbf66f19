import type { IncomingMessage } from 'node:http'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
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
  /** The last lines in front of this number; only without `follow`. */
  readonly before?: number | undefined
}

/** How long a follower waits for the logs process to come back: longer than a restart of it takes. */
const PATIENCE_MS = 30_000
const RETRY_MS = 250

/**
 * Lines of an app's log, from the process that keeps them. With `follow` it ends when the signal aborts or the app is
 * destroyed; a restart of the logs process is waited for and no line is missed. Errors: node_unavailable.
 */
export async function readLog(
  ctx: Pick<Context, 'config'>,
  app: AppId,
  query: LogQuery,
  signal: AbortSignal,
): Promise<AsyncIterable<LogLine>> {
  const open = (after: number | null) =>
    openUnix({
      socket: ctx.config.paths.logsSocket,
      method: 'GET',
      path: logPath(app, { ...query, after }),
      signal,
    })
  try {
    return lines(await open(query.after), open, query, signal)
  } catch (cause) {
    throw unreadable(cause)
  }
}

function logPath(app: AppId, query: LogQuery): string {
  const search = new URLSearchParams({ lines: String(query.lines), follow: String(query.follow) })
  if (query.process !== undefined) search.set('process', query.process)
  if (query.source !== undefined) search.set('source', query.source)
  if (query.after !== null) search.set('after', String(query.after))
  if (query.before !== undefined) search.set('before', String(query.before))
  return `/apps/${app}/lines?${search.toString()}`
}

const unreadable = (cause: unknown) =>
  new DomainError(
    'node_unavailable',
    'The log cannot be read at the moment. Nothing is lost; try it again.',
    { cause },
  )

async function* lines(
  first: IncomingMessage,
  open: (after: number | null) => Promise<IncomingMessage>,
  query: LogQuery,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  let response = first
  let last = query.after
  for (;;) {
    try {
      for await (const text of createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY })) {
        if (text === '') continue
        const line = parseLine(text)
        // Half a line is what a killed process leaves; it comes again, whole.
        if (line === null) break
        last = line.seq
        yield line
      }
    } catch (error) {
      // A connection that breaks is looked at below; everything else is a fault of what was read.
      if (response.errored === null) throw error
    } finally {
      response.destroy()
    }
    if (signal.aborted || (response.complete && response.errored === null)) return
    if (!query.follow) throw unreadable(response.errored)
    response = await reopen(() => open(last), signal)
  }
}

function parseLine(text: string): LogLine | null {
  try {
    return LogLine.parse(JSON.parse(text))
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

async function reopen(open: () => Promise<IncomingMessage>, signal: AbortSignal): Promise<IncomingMessage> {
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    await sleep(RETRY_MS, undefined, { signal })
    try {
      return await open()
    } catch (cause) {
      if (signal.aborted || performance.now() > deadline) throw unreadable(cause)
    }
  }
}
