import { sessionOf } from '../../accounts/caller.ts'
import { teamsFor } from '../../accounts/whoami.ts'
import { sessionEndpoints } from '../../contract/sessions.ts'
import { DomainError } from '../../domain/errors.ts'
import type { BegunSession } from '../../sessions/begin-session.ts'
import { listSessions } from '../../sessions/list-sessions.ts'
import { openByLink } from '../../sessions/open-by-link.ts'
import { openSession } from '../../sessions/open-session.ts'
import { revokeSession } from '../../sessions/revoke-session.ts'
import type { ApiDeps } from '../deps.ts'
import { presentOwnAccount } from '../present/account.ts'
import { presentSession } from '../present/session.ts'
import { answer, type Call, type RoutesOf } from '../route.ts'

export const sessionRoutes = (deps: ApiDeps): RoutesOf<typeof sessionEndpoints> => {
  /** Only a browser on one of our own pages has use of a cookie; and nobody shall sign somebody else's browser in. */
  const browserOf = ({
    address,
    userAgent,
    fromOwnPage,
  }: Pick<Call, 'address' | 'userAgent' | 'fromOwnPage'>) => {
    if (fromOwnPage) return { address, userAgent }
    throw new DomainError(
      'forbidden',
      'Only the pages of the panel sign browsers in. Programs take a token: POST /api/login',
    )
  }
  const opened = async ({ row, text, account }: BegunSession, { setSession }: Pick<Call, 'setSession'>) => {
    setSession(text)
    return {
      account: presentOwnAccount(account, await teamsFor(deps, account.id)),
      session: presentSession(row, row.id),
    }
  }
  return {
    open: answer(sessionEndpoints.open, async (call) =>
      opened(await openSession(deps, deps.loginLimits, call.body, browserOf(call)), call),
    ),
    openByLink: answer(sessionEndpoints.openByLink, async (call) =>
      opened(await openByLink(deps, deps.loginLimits, call.body.code, browserOf(call)), call),
    ),
    close: answer(sessionEndpoints.close, async ({ caller, setSession }) => {
      const id = sessionOf(caller)
      if (id === null)
        throw new DomainError('not_found', 'This request came with a token, so there is no session to end.')
      const row = await revokeSession(deps, caller, id)
      setSession(null)
      return presentSession(row, id)
    }),
    list: answer(sessionEndpoints.list, async ({ caller }) =>
      (await listSessions(deps, caller)).map((row) => presentSession(row, sessionOf(caller))),
    ),
    revoke: answer(sessionEndpoints.revoke, async ({ caller, params, setSession }) => {
      const row = await revokeSession(deps, caller, params.session)
      if (row.id === sessionOf(caller)) setSession(null)
      return presentSession(row, sessionOf(caller))
    }),
  }
}
