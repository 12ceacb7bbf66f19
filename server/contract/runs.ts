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

/** A command inside of a running instance, with everything that confines the instance. */
export const Exec = z.object({
  id: z.uuid(),
  /** Name of the instance, e.g. `web.1`. */
  instance: z.string(),
  /** Where the stream of frames is; once, within a minute. The command begins when somebody is there. */
  attach_path: z.string(),
})
export type Exec = z.infer<typeof Exec>

const Pty = z
  .object({ rows: z.number().int().min(1).max(1000), columns: z.number().int().min(1).max(1000) })
  .nullable()
  .default(null)

export const runEndpoints = {
  create: endpoint('POST', '/apps/:app/runs', {
    access: 'app:deploy',
    summary: 'Start a one-off instance with a command.',
    body: z.object({
      command: z.string().min(1).max(16_384),
      attach: z.boolean().default(true),
      pty: Pty,
      env: z.record(z.string(), z.string()).default({}),
      size: z.string().max(30).optional(),
    }),
    reply: Run,
    status: 201,
  }),
  exec: endpoint('POST', '/apps/:app/instances/:instance/exec', {
    access: 'app:deploy',
    summary: 'Run a command, or a shell, inside of a running instance.',
    body: z.object({
      /** null: a shell. */
      command: z.string().min(1).max(16_384).nullable().default(null),
      pty: Pty,
      env: z.record(z.string(), z.string().max(4096)).default({}),
    }),
    reply: Exec,
    status: 201,
  }),
} as const
