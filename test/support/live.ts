import { io, type Socket } from 'socket.io-client'
import type { ClientToServer, LiveEvents, ServerToClient } from '../../server/contract/live.ts'
import { LIVE_PATH, liveEvents } from '../../server/contract/live.ts'
import type { z } from 'zod'

type Line = z.infer<LiveEvents['lines']>['lines'][number]

/** A page as far as its live connection goes: what it heard, in order, each event parsed by the contract. */
export interface LivePage extends Disposable {
  readonly socket: Socket<ServerToClient, ClientToServer>
  readonly changed: z.infer<LiveEvents['changed']>[]
  readonly lines: Line[]
  /** How many lines each `lines` event held. */
  readonly parts: number[]
  readonly ended: z.infer<LiveEvents['ended']>[]
  /** `connected`, `refused <id>`, `revoked`, `cut <reason>`, in order. */
  readonly life: string[]
  /** Set to false, and lines are not acknowledged until `acknowledge` is called. */
  quick: boolean
  acknowledge(): void
}

/** @param headers what the browser sends by itself: its cookie and the page's origin */
export function openLive(
  url: string,
  headers: Readonly<Record<string, string>>,
  transports: ('websocket' | 'polling')[] = ['websocket'],
): LivePage {
  const socket: Socket<ServerToClient, ClientToServer> = io(url, {
    path: LIVE_PATH,
    transports,
    extraHeaders: { ...headers },
    reconnectionDelay: 50,
    reconnectionDelayMax: 200,
    forceNew: true,
  })
  const waiting: (() => void)[] = []
  const page: LivePage = {
    socket,
    changed: [],
    lines: [],
    parts: [],
    ended: [],
    life: [],
    quick: true,
    acknowledge() {
      page.quick = true
      for (const done of waiting.splice(0)) done()
    },
    [Symbol.dispose]: () => void socket.disconnect(),
  }
  socket.on('welcome', (event) => {
    liveEvents.welcome.parse(event)
    page.life.push('connected')
  })
  socket.on('changed', (event) => page.changed.push(liveEvents.changed.parse(event)))
  socket.on('ended', (event) => page.ended.push(liveEvents.ended.parse(event)))
  socket.on('revoked', () => page.life.push('revoked'))
  socket.on('lines', (event, done) => {
    const { lines } = liveEvents.lines.parse(event)
    page.lines.push(...lines)
    page.parts.push(lines.length)
    if (page.quick) done()
    else waiting.push(done)
  })
  socket.on('disconnect', (reason) => page.life.push(`cut ${reason}`))
  socket.on('connect_error', (error) => {
    const data: unknown = 'data' in error ? error.data : null
    const id = typeof data === 'object' && data !== null && 'id' in data ? String(data.id) : ''
    page.life.push(`refused ${id}`)
  })
  return page
}
