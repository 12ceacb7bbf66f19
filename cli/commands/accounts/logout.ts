import { accountEndpoints } from '../../../server/contract/accounts.ts'
import { ApiClient } from '../../api-client.ts'
import type { Action } from '../../command.ts'
import { readCredentials, withoutHost, writeCredentials } from '../../credentials.ts'
import { CliError } from '../../exit.ts'
import { version } from '../../version.ts'

export const logout: Action = async (cli, input) => {
  const { origin } = await cli.target()
  const file = cli.environment.credentialsFile
  const stored = await readCredentials(file)
  const entry = stored.hosts[origin]
  if (entry === undefined) throw new CliError('unauthorized', `You are not logged in at ${origin}.`)
  const problem = await revoke(new ApiClient({ origin, ...entry }, version(), cli.signal))
  await writeCredentials(file, withoutHost(stored, origin))
  if (problem !== undefined) cli.say(`The token is forgotten here, but could not be revoked: ${problem}`)
  if (input.flag('json')) cli.json({ host: origin, revoked: problem === undefined })
  else cli.say(`Logged out from ${origin}`)
}

/** A platform that is away must not keep anyone from logging out; it is said that the token lives on. */
async function revoke(api: ApiClient): Promise<string | undefined> {
  try {
    const tokens = await api.call(accountEndpoints.listTokens, {})
    const own = tokens.find((token) => token.current)
    if (own !== undefined) await api.call(accountEndpoints.revokeToken, { params: { token: own.id } })
    return undefined
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    return error.id === 'unauthorized' ? undefined : error.message
  }
}
