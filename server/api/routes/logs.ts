import { type LogLine, logEndpoints } from '../../contract/logs.ts'
import { readLog } from '../../logs/read-log.ts'
import type { ApiDeps } from '../deps.ts'
import { numbered, seqOf } from '../resume.ts'
import { answer, events, type RoutesOf } from '../route.ts'

export const logRoutes = (deps: ApiDeps): RoutesOf<typeof logEndpoints> => ({
  stream: events(logEndpoints.stream, async ({ app, query, lastEventId, signal }) => {
    const after = lastEventId === null ? null : seqOf(lastEventId)
    return numbered(await readLog(deps, app.id, { ...query, after }, signal))
  }),
  lines: answer(logEndpoints.lines, async ({ app, query, signal }) => {
    const part = await readLog(deps, app.id, { ...query, follow: false, after: null }, signal)
    const lines: LogLine[] = []
    for await (const line of part) lines.push(line)
    return lines
  }),
})
