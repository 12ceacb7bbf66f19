import type { QueryClient } from '@tanstack/react-query'
import type { Socket } from 'socket.io-client'
import type { BuildLogLine } from '../../server/contract/releases.ts'
import type { LogLine } from '../../server/contract/logs.ts'
import {
  type ClientToServer,
  ConnectRefusal,
  LIVE_PATH,
  liveEvents,
  type ServerToClient,
  type StreamSource,
} from '../../server/contract/live.ts'
import { queriesToAsk } from './changed.ts'

/** `offline`: it was cut, or never came about, and is tried again. `over`: the session ended. */
export type LiveState = 'connecting' | 'online' | 'offline' | 'over'
export type AnyLine = LogLine | BuildLogLine

export interface Follower {
  readonly source: StreamSource
  /** The last line that was got; null asks for the last `lines`. */
  after: number | null
  readonly lines: number
  readonly onLines: (lines: readonly AnyLine[]) => void
  /** Nothing more comes: the build ended, the app is gone, or following was refused. */
  readonly onEnd: (failure: string | null) => void
}

type LiveSocket = Socket<ServerToClient, ClientToServer>

/** How long a page waits before it says that it is cut off: a reconnect is mostly faster. */
const PATIENCE_MS = 1500
const RETRY_MS = 1000

/**
 * The page's one connection. It never carries what pages show, log lines excepted: notices say which questions have a
 * new answer, and the cache asks them again. After a cut everything is watched, asked and followed again.
 */
export class Live {
  readonly #cache: QueryClient
  readonly #watched = new Map<string, number>()
  readonly #names = new Map<string, string>()
  readonly #followers = new Set<Follower>()
  /** By the server's stream id, which is good for one connection. */
  readonly #streams = new Map<string, Follower>()
  readonly #listeners = new Set<() => void>()
  #socket: LiveSocket | null = null
  #state: LiveState = 'connecting'
  #version: string | null = null
  #patience: ReturnType<typeof setTimeout> | undefined
  #wasCut = false
  #closed = false

  constructor(cache: QueryClient) {
    this.#cache = cache
  }

  /** Loads the client and connects. The rest of the page does not wait for either. */
  async open(): Promise<void> {
    const { io } = await import('socket.io-client')
    if (this.#closed) return
    const socket: LiveSocket = io({
      path: LIVE_PATH,
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      reconnectionDelay: 300,
      reconnectionDelayMax: 5000,
    })
    this.#socket = socket
    socket.on('connect', () => this.#connected())
    socket.on('disconnect', (reason) => this.#cut(reason, socket))
    socket.on('connect_error', (error) => this.#refused(error, socket))
    socket.on('welcome', (event) => this.#set(this.#state, liveEvents.welcome.parse(event).version))
    socket.on('changed', (event) => this.#changed(liveEvents.changed.parse(event)))
    socket.on('lines', (event, more) => {
      this.#streams.get(event.stream)?.onLines(event.lines)
      // Told once they are shown, so that whoever is slow is sent less often.
      requestAnimationFrame(() => more())
    })
    socket.on('ended', ({ stream, error }) => this.#ended(stream, error))
    socket.on('revoked', () => this.#over())
    this.#wait()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#patience)
    this.#socket?.disconnect()
    this.#listeners.clear()
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  readonly state = (): LiveState => this.#state
  /** Of the server; another than this page's asks for the page to be loaded again. */
  readonly version = (): string | null => this.#version

  /** From now on what changes of the app is asked again. */
  watch(app: string): () => void {
    const count = this.#watched.get(app) ?? 0
    this.#watched.set(app, count + 1)
    if (count === 0 && this.#socket?.connected === true) this.#tellWatch(app)
    return () => {
      const left = (this.#watched.get(app) ?? 1) - 1
      if (left > 0) this.#watched.set(app, left)
      else {
        this.#watched.delete(app)
        if (this.#socket?.connected === true) this.#socket.emit('unwatch', { app }, () => undefined)
      }
    }
  }

  follow(follower: Follower): () => void {
    this.#followers.add(follower)
    if (this.#socket?.connected === true) this.#tellFollow(follower)
    return () => {
      this.#followers.delete(follower)
      for (const [stream, other] of this.#streams) {
        if (other !== follower) continue
        this.#streams.delete(stream)
        if (this.#socket?.connected === true) this.#socket.emit('unfollow', { stream }, () => undefined)
      }
    }
  }

  #connected(): void {
    clearTimeout(this.#patience)
    this.#streams.clear()
    for (const app of this.#watched.keys()) this.#tellWatch(app)
    for (const follower of this.#followers) this.#tellFollow(follower)
    // What changed while nobody told us is asked for at once.
    if (this.#wasCut) void this.#cache.invalidateQueries()
    this.#wasCut = false
    this.#set('online')
  }

  #tellWatch(app: string): void {
    this.#socket?.emit('watch', { app }, (reply) => {
      if (reply.ok) this.#names.set(reply.app, app)
      // What was lost between the first answer and the watch.
      else void this.#cache.invalidateQueries({ queryKey: ['app', app] })
    })
  }

  #tellFollow(follower: Follower): void {
    const { source, after, lines } = follower
    this.#socket?.emit('follow', { stream: source, after, lines }, (reply) => {
      if (!this.#followers.has(follower)) {
        if (reply.ok) this.#socket?.emit('unfollow', { stream: reply.stream }, () => undefined)
      } else if (reply.ok) this.#streams.set(reply.stream, follower)
      else {
        this.#followers.delete(follower)
        follower.onEnd(reply.message)
      }
    })
  }

  #ended(stream: string, error: { readonly message: string } | null): void {
    const follower = this.#streams.get(stream)
    this.#streams.delete(stream)
    if (follower === undefined || !this.#followers.has(follower)) return
    if (error === null) {
      this.#followers.delete(follower)
      follower.onEnd(null)
    } else {
      // It broke off on the platform's side; what was got stays, and the rest is asked for.
      setTimeout(() => {
        if (this.#followers.has(follower) && this.#socket?.connected === true) this.#tellFollow(follower)
      }, RETRY_MS)
    }
  }

  #changed(event: Parameters<typeof queriesToAsk>[0]): void {
    for (const queryKey of queriesToAsk(event, (id) => this.#names.get(id) ?? null))
      void this.#cache.invalidateQueries(queryKey.length === 0 ? {} : { queryKey })
  }

  #cut(reason: string, socket: LiveSocket): void {
    this.#wasCut = true
    if (this.#state === 'over') return
    this.#wait()
    if (reason === 'io server disconnect') this.#again(socket)
  }

  /** What the server ended or refused itself is not tried again by the library. */
  #again(socket: LiveSocket): void {
    setTimeout(() => !this.#closed && this.#state !== 'over' && socket.connect(), 3 * RETRY_MS)
  }

  #wait(): void {
    clearTimeout(this.#patience)
    this.#patience = setTimeout(() => this.#set('offline'), PATIENCE_MS)
  }

  #refused(error: Error, socket: LiveSocket): void {
    const data: unknown = 'data' in error ? error.data : undefined
    const refusal = ConnectRefusal.safeParse(data)
    if (refusal.success && refusal.data.id === 'unauthorized') this.#over()
    else if (!socket.active) this.#again(socket)
  }

  #over(): void {
    clearTimeout(this.#patience)
    this.#set('over')
    this.#socket?.disconnect()
    // The gate asks who is signed in, and leads to the sign-in page.
    void this.#cache.invalidateQueries({ queryKey: ['account'] })
  }

  #set(state: LiveState, version = this.#version): void {
    if (this.#closed || (state === this.#state && version === this.#version)) return
    this.#state = state
    this.#version = version
    for (const tell of this.#listeners) tell()
  }
}
