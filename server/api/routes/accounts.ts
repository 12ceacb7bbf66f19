import { tokenOf } from '../../accounts/caller.ts'
import { createAccount } from '../../accounts/create-account.ts'
import { createToken } from '../../accounts/create-token.ts'
import { listTokens } from '../../accounts/list-tokens.ts'
import { login } from '../../accounts/login.ts'
import { revokeToken } from '../../accounts/revoke-token.ts'
import { setPassword } from '../../accounts/set-password.ts'
import { whoami } from '../../accounts/whoami.ts'
import { accountEndpoints } from '../../contract/accounts.ts'
import type { ApiDeps } from '../deps.ts'
import { presentAccount, presentNewToken, presentOwnAccount, presentToken } from '../present/account.ts'
import { answer, type RoutesOf } from '../route.ts'

export const accountRoutes = (deps: ApiDeps): RoutesOf<typeof accountEndpoints> => ({
  login: answer(accountEndpoints.login, async ({ body, address }) => {
    const issued = await login(deps, deps.loginLimits, { ...body, address })
    return presentNewToken(issued, issued.id)
  }),
  whoami: answer(accountEndpoints.whoami, async ({ caller }) => {
    const { account, teams } = await whoami(deps, caller)
    return presentOwnAccount(account, teams)
  }),
  setPassword: answer(accountEndpoints.setPassword, async ({ caller, body }) =>
    presentAccount(await setPassword(deps, caller, body.password)),
  ),
  listTokens: answer(accountEndpoints.listTokens, async ({ caller }) =>
    (await listTokens(deps, caller)).map((row) => presentToken(row, tokenOf(caller))),
  ),
  createToken: answer(accountEndpoints.createToken, async ({ caller, body }) => {
    const issued = await createToken(deps, caller, { label: body.label, expiresIn: body.expires_in ?? null })
    return presentNewToken(issued, tokenOf(caller))
  }),
  revokeToken: answer(accountEndpoints.revokeToken, async ({ caller, params }) =>
    presentToken(await revokeToken(deps, caller, params.token), tokenOf(caller)),
  ),
  createAccount: answer(accountEndpoints.createAccount, async ({ caller, body }) =>
    presentAccount(
      await createAccount(deps, caller, { ...body, name: body.name ?? null, platformAdmin: false }),
    ),
  ),
})
