import type { Socket } from 'socket.io'
import type { AccountId, AppId, SessionId, TeamId } from '../../contract/ids.ts'
import type { ClientToServer, ServerToClient } from '../../contract/live.ts'

/** Something of an app that a connection was allowed to have, for as long as it is allowed. */
export interface Grant {
  /** As it was asked for, by name or id. */
  readonly ref: string
  /** null until it was authorised. */
  app: AppId | null
  /** Set by `end`; what was authorised meanwhile comes too late. */
  ended: boolean
  /** Takes it back; `told`: why, for the one who has it. */
  readonly end: (told: { readonly id: string; readonly message: string } | null) => void
}

export interface SocketData {
  account: AccountId
  session: SessionId
  readonly watches: Map<string, Grant>
  readonly streams: Map<string, Grant>
}

export type LiveSocket = Socket<ClientToServer, ServerToClient, Record<string, never>, SocketData>

export const appRoom = (app: AppId) => `app:${app}`
export const teamRoom = (team: TeamId) => `team:${team}`
export const accountRoom = (account: AccountId) => `account:${account}`

export const grantsOf = ({ data }: LiveSocket): Grant[] => [
  ...data.watches.values(),
  ...data.streams.values(),
]
