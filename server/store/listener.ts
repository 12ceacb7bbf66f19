import type pg from 'pg'

export interface Listener {
  listen(channel: string, heard: (payload: string | null) => void): () => void
  close(): Promise<void>
}

const RETRY_MS = [100, 200, 500, 1000, 2000] as const

/**
 * One connection for all LISTENs, made at the first and made anew, for as long as somebody listens, when it breaks.
 * Notices sent meanwhile are lost, so everybody is called with null after each (first) connection and looks for himself.
 */
export function openListener(makeClient: () => pg.Client): Listener {
  const heardBy = new Map<string, Set<(payload: string | null) => void>>()
  let client: pg.Client | null = null
  let connecting = false
  let attempt = 0
  let timer: NodeJS.Timeout | null = null
  let closed = false
  let turn: Promise<unknown> = Promise.resolve()

  /** One after the other, as a connection takes them. */
  function say(on: pg.Client, word: 'LISTEN' | 'UNLISTEN', channel: string): Promise<unknown> {
    const said = turn.then(() => on.query(`${word} ${on.escapeIdentifier(channel)}`))
    turn = said.catch(() => undefined)
    return said
  }

  async function connect() {
    if (closed || connecting || client !== null || heardBy.size === 0) return
    connecting = true
    const next = makeClient()
    let broken = false
    const lost = () => {
      if (broken) return
      broken = true
      if (client === next) client = null
      next.end().catch(() => undefined) // It is gone already; there is nothing to tell anybody.
      again()
    }
    next.on('error', lost)
    next.on('end', lost)
    next.on('notification', ({ channel, payload }) => {
      for (const heard of heardBy.get(channel) ?? []) heard(payload ?? '')
    })
    try {
      await next.connect()
      for (const channel of heardBy.keys()) await say(next, 'LISTEN', channel)
      if (!broken) client = next
      attempt = 0
    } catch {
      lost()
    } finally {
      connecting = false
    }
    if (client !== next) return
    if (closed) {
      await next.end()
      return
    }
    for (const [channel, listeners] of heardBy) {
      // A channel that came while we connected is not listened to yet.
      await say(next, 'LISTEN', channel).catch(lost)
      for (const heard of listeners) heard(null)
    }
  }

  function again() {
    if (closed || timer !== null) return
    const delay = RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)] ?? 2000
    attempt += 1
    timer = setTimeout(() => {
      timer = null
      void connect()
    }, delay)
    timer.unref()
  }

  return {
    listen(channel, heard) {
      const listeners = heardBy.get(channel) ?? new Set()
      const isNew = listeners.size === 0
      heardBy.set(channel, listeners.add(heard))
      if (client === null) void connect()
      else if (isNew) {
        void say(client, 'LISTEN', channel).then(
          () => heard(null),
          () => undefined, // The connection's own error handler makes a new one, which listens to this channel too.
        )
      } else heard(null)
      return () => {
        listeners.delete(heard)
        if (listeners.size > 0 || heardBy.get(channel) !== listeners) return
        heardBy.delete(channel)
        if (client !== null) say(client, 'UNLISTEN', channel).catch(() => undefined)
      }
    },
    async close() {
      closed = true
      if (timer !== null) clearTimeout(timer)
      const last = client
      client = null
      await last?.end()
    },
  }
}
