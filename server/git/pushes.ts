import { createHash, randomBytes } from 'node:crypto'
import type { AppId } from '../contract/ids.ts'
import type { Actor } from '../deploy/deploy.ts'

export interface PushApp {
  readonly id: AppId
  readonly name: string
  readonly deployBranch: string
}

/** A push whose receiving git runs as a child of this server. */
export interface LivePush {
  readonly app: PushApp
  readonly actor: Actor
  readonly repo: string
  /** Set when the hook called: from then on the push no longer needs its client. */
  hookStarted: boolean
  /** Resolves when the receiving git has ended, and with it moved its refs or not. */
  readonly ended: Promise<void>
}

export const pushTokenHash = (token: string): Buffer => createHash('sha256').update(token).digest()

/** The pushes of this server process, by the hash of their token. */
export function createPushes() {
  const live = new Map<string, LivePush>()
  return {
    /** A token that only this push's hook gets to know. */
    open(push: Omit<LivePush, 'hookStarted'>): { readonly token: string; readonly push: LivePush } {
      const token = randomBytes(32).toString('base64url')
      const key = pushTokenHash(token).toString('hex')
      const opened: LivePush = { ...push, hookStarted: false }
      live.set(key, opened)
      void push.ended.finally(() => live.delete(key))
      return { token, push: opened }
    },
    find: (hash: Buffer): LivePush | null => live.get(hash.toString('hex')) ?? null,
  }
}
export type Pushes = ReturnType<typeof createPushes>
