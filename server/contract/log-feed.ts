import { z } from 'zod'
import { AppId } from './ids.ts'

/**
 * The logs process' unix socket: `GET /apps/<id>/lines?lines=&follow=&process=&source=&after=&before=` answers one `LogLine`
 * (see logs.ts) as JSON a line; `POST /apps/<id>/lines` adds the platform's own lines; `DELETE /apps/<id>` ends a log.
 */
export const PlatformLine = z.object({ process: z.string().max(70), text: z.string().max(10_000) })
export const AppendLines = z.object({ lines: z.array(PlatformLine).min(1).max(1000) })

/**
 * How an instance's output reaches the logs process: the agent makes `<home>/instances/<id>/log/` with the files
 * `out` and `err` (opened O_APPEND, group of the logs process, 0660: it punches holes in what it has read) and `source.json` with this shape, written before the start.
 * `ended` is added when nothing more will come; then the logs process reads to the end and makes
 * `<home>/logs/read/<instance>`, upon which the agent may remove the folder.
 */
export const LogSource = z.object({ app: AppId, process: z.string(), ended: z.boolean() })
export type LogSource = z.infer<typeof LogSource>
