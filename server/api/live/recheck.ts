import type { SessionId, TeamId } from '../../contract/ids.ts'
import { isDomainError } from '../../domain/errors.ts'
import { liveSessions } from '../../store/sessions.ts'
import type { ApiDeps } from '../deps.ts'
import { grantsOf, type LiveSocket, teamRoom } from './live-socket.ts'
import { allowed } from './requests.ts'

/**
 * Lets connections have what they may have now: those whose session ended are cut, rooms are those of today's teams,
 * and what was granted of an app is taken back from who may no longer see it. Errors: database_unavailable; then asking
 * again is safe.
 */
export async function recheck(deps: Pick<ApiDeps, 'db'>, sockets: readonly LiveSocket[]): Promise<void> {
  if (sockets.length === 0) return
  const ids = [...new Set(sockets.map(({ data }) => data.session))]
  const good = new Map<SessionId, readonly TeamId[]>(
    (await liveSessions(deps.db, ids)).map(({ id, teams }) => [id, teams]),
  )
  for (const socket of sockets) {
    const teams = good.get(socket.data.session)
    if (teams === undefined) cut(socket)
    else {
      await joinTeams(socket, teams)
      for (const grant of grantsOf(socket)) await recheckGrant(deps, socket, grant)
    }
  }
}

/** The page signs out by itself upon this, and does not come back. */
function cut(socket: LiveSocket): void {
  if (!socket.connected) return
  for (const grant of grantsOf(socket)) grant.end(null)
  socket.emit('revoked', {})
  socket.disconnect(true)
}

async function joinTeams(socket: LiveSocket, teams: readonly TeamId[]): Promise<void> {
  const wanted = new Set(teams.map(teamRoom))
  for (const room of socket.rooms)
    if (room.startsWith('team:') && !wanted.has(room as `team:${TeamId}`)) await socket.leave(room)
  await socket.join([...wanted])
}

async function recheckGrant(
  deps: Pick<ApiDeps, 'db'>,
  socket: LiveSocket,
  grant: ReturnType<typeof grantsOf>[number],
): Promise<void> {
  try {
    await allowed(deps, socket, grant.app ?? grant.ref)
  } catch (error) {
    if (!isDomainError(error) || error.code === 'database_unavailable') throw error
    grant.end({ id: error.code, message: error.message })
  }
}
