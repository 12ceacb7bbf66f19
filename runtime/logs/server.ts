import { createServer, type Server, type ServerResponse } from 'node:http'
import { z } from 'zod'
import { AppendLines } from '../../server/contract/log-feed.ts'
import { answering, HttpError, readJson, sendJson } from '../directory/http-json.ts'
import type { AppLog } from './app-log.ts'
import { Cursor, lastLines, type LineFilter } from './read-lines.ts'
import type { LogStore } from './store.ts'

/** What a reader may have unsent: who reads slower goes on from the files, and never costs memory. */
const MAX_UNSENT = 1024 * 1024

const Query = z.object({
  lines: z.coerce.number().int().min(0).max(10_000).default(100),
  follow: z.stringbool().default(false),
  process: z.string().max(70).nullable().default(null),
  source: z.enum(['app', 'skypanel']).nullable().default(null),
  /** Goes on after this line instead of giving the last ones. */
  after: z.coerce.number().int().min(0).optional(),
  /** The last ones in front of this line; nothing is followed then. */
  before: z.coerce.number().int().min(1).optional(),
})

/** The unix socket's HTTP, as `contract/log-feed.ts` says. */
export function logServer(store: LogStore, complain: (message: string) => void): Server {
  return createServer(
    answering(async (request, response, url) => {
      const found = /^\/apps\/([0-9a-f-]{36})(\/lines)?$/.exec(url.pathname)
      const app = found?.[1]
      if (app === undefined) throw new HttpError(404, 'not_found', `the logs have no ${url.pathname}`)
      const kind = `${request.method}${found?.[2] ?? ''}`
      if (kind === 'GET/lines') {
        const query = Query.safeParse(Object.fromEntries(url.searchParams))
        if (!query.success) {
          throw new HttpError(400, 'bad_request', query.error.issues[0]?.message ?? 'the query is invalid')
        }
        sendLines(store, app, query.data, response)
        return
      }
      if (kind === 'POST/lines') {
        const { lines } = await readJson(request, AppendLines)
        if (!store.append(app, lines, Date.now())) {
          throw new HttpError(410, 'not_found', 'the log of this app was ended')
        }
        return sendJson(response, 201, {})
      }
      if (kind === 'DELETE') {
        store.destroy(app)
        return sendJson(response, 200, {})
      }
      throw new HttpError(405, 'bad_request', `${request.method} is not known here`)
    }, complain),
  )
}

function sendLines(
  store: LogStore,
  app: string,
  query: z.infer<typeof Query>,
  response: ServerResponse,
): void {
  // A follower may come before the first line.
  const log = query.follow ? store.log(app) : store.existing(app)
  response.writeHead(200, { 'content-type': 'application/x-ndjson' })
  if (log === null) {
    response.end()
    return
  }
  const filter: LineFilter = { process: query.process, source: query.source }
  const next = log.next
  if (query.after === undefined) {
    for (const line of lastLines(log, query.lines, filter, query.before))
      response.write(`${JSON.stringify(line)}\n`)
    if (!query.follow || query.before !== undefined) {
      response.end()
      return
    }
  }
  follow(
    log,
    new Cursor(log, query.after === undefined ? next : query.after + 1, filter),
    query.follow,
    response,
  )
}

/** Sends from the cursor on; without `stay` it ends where the log ends now. */
function follow(log: AppLog, cursor: Cursor, stay: boolean, response: ServerResponse): void {
  let waiting: NodeJS.Immediate | null = null
  const stop = log.onAppend(wake)
  response.on('drain', wake)
  response.on('close', () => {
    stop()
    if (waiting !== null) clearImmediate(waiting)
  })
  response.flushHeaders()
  function wake() {
    waiting ??= setImmediate(step)
  }
  function step() {
    waiting = null
    if (response.destroyed || response.writableLength > MAX_UNSENT) return
    if (log.segments.length === 0) {
      response.end()
      return
    }
    const { lines, more } = cursor.read()
    if (lines.length > 0) response.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    if (more) wake()
    else if (!stay) response.end()
  }
  wake()
}
