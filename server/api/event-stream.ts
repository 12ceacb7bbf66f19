import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import type { z } from 'zod'
import type { Failure } from './errors.ts'
import type { StreamEvent } from './route.ts'

/** Proxies close what is silent for a minute; so does a client that was cut off without noticing. */
const HEARTBEAT_MS = 15_000

/**
 * Sends server-sent events until their source ends or the signal aborts. A complete stream ends; one that is cut
 * short by us breaks the connection, so that the client knows to resume it. Failures become an event `error`.
 */
export async function sendEvents(
  response: ServerResponse,
  source: AsyncIterable<StreamEvent<unknown>>,
  schema: z.ZodType,
  signal: AbortSignal,
  failed: (error: unknown) => Failure,
): Promise<void> {
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    // For nginx and its kin: pass on each event as it comes.
    'X-Accel-Buffering': 'no',
    'X-Content-Type-Options': 'nosniff',
  })
  response.flushHeaders()
  const beat = setInterval(() => response.write(': still here\n\n'), HEARTBEAT_MS)
  try {
    for await (const { id, data } of source) {
      if (signal.aborted) break
      const room = response.write(`id: ${id}\ndata: ${JSON.stringify(schema.parse(data))}\n\n`)
      if (!room) await once(response, 'drain', { signal })
    }
    if (signal.aborted) response.destroy()
    else response.end()
  } catch (error) {
    if (signal.aborted || response.destroyed) response.destroy()
    else response.end(`event: error\ndata: ${JSON.stringify(failed(error).body)}\n\n`)
  } finally {
    clearInterval(beat)
  }
}
