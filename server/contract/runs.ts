import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { InstanceId } from './ids.ts'

/**
 * A one-off instance of the current release. Attached runs upgrade `GET /apps/:app/runs/:run/attach` to a
 * raw stream of frames (see `RunFrame`); detached ones only log.
 */
export const Run = z.object({
  id: InstanceId,
  name: z.string(),
  command: z.string(),
  attach_path: z.string().nullable(),
})
export type Run = z.infer<typeof Run>

/**
 * Frames of an attached run, each `type byte, length uint32 big-endian, payload`.
 * Client to server: stdin data, stdin end, window size (`{"rows":24,"columns":80}`), signal name.
 * Server to client: stdout, stderr (never with a pty), exit (`{"code":0}` or `{"signal":"SIGKILL","reason":"…"}`).
 */
export const RunFrame = {
  stdin: 0,
  stdinEnd: 1,
  resize: 2,
  signal: 3,
  stdout: 16,
  stderr: 17,
  exit: 18,
} as const

export const runEndpoints = {
  create: endpoint('POST', '/apps/:app/runs', {
    access: 'app:deploy',
    summary: 'Start a one-off instance with a command.',
    body: z.object({
      command: z.string().min(1).max(16_384),
      attach: z.boolean().default(true),
      pty: z
        .object({ rows: z.number().int().min(1).max(1000), columns: z.number().int().min(1).max(1000) })
        .nullable()
        .default(null),
      env: z.record(z.string(), z.string()).default({}),
      size: z.string().max(30).optional(),
    }),
    reply: Run,
    status: 201,
  }),
} as const
