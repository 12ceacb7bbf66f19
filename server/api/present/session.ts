import type { SessionId } from '../../contract/ids.ts'
import type { Session } from '../../contract/sessions.ts'
import type { listSessions } from '../../sessions/list-sessions.ts'

type Row = Awaited<ReturnType<typeof listSessions>>[number]

/** @param current the session that the request came with */
export const presentSession = (row: Row, current: SessionId | null): Session => ({
  id: row.id,
  created_at: row.created_at,
  last_used_at: row.last_used_at,
  expires_at: row.expires_at,
  user_agent: row.user_agent,
  address: row.address,
  current: row.id === current,
})
