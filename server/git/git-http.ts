import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Actor } from '../deploy/deploy.ts'
import type { PushApp, Pushes } from './pushes.ts'

export interface GitDeps {
  /** Folder of the bare repositories. */
  readonly root: string
  /** Folder that holds the pre-receive hook. */
  readonly hooks: string
  readonly hookSocket: string
  /** A push may bring this much, in bytes. */
  readonly maxPack: number
  readonly pushes: Pushes
  /** The account behind basic auth or a bearer token; asked on every request. */
  authenticate(request: IncomingMessage): Promise<Actor | null>
  /** null when the app is not there, or the actor may not know that it is. */
  openApp(actor: Actor, name: string): Promise<(PushApp & { readonly mayDeploy: boolean }) | null>
  /** Told of what is our fault. */
  warn(message: string, error: unknown): void
}

export function head(response: ServerResponse, type: string): void {
  response.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-cache, max-age=0, must-revalidate' })
}

/** git shows the text to its user as `remote: …`. */
export function refuse(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  // What the client still sends is not wanted; a connection kept open would carry it.
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' })
  response.end(`${text}\n`)
}
