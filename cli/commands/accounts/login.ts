import { hostname, userInfo } from 'node:os'
import { accountEndpoints } from '../../../server/contract/accounts.ts'
import { ApiClient } from '../../api-client.ts'
import type { Action } from '../../command.ts'
import { readCredentials, withHost, writeCredentials } from '../../credentials.ts'
import { CliError } from '../../exit.ts'
import { ask, readStdin } from '../../output/prompt.ts'
import { version } from '../../version.ts'

/** Shown in the list of tokens, so that one can be told from another. */
const label = () => `cli ${userInfo().username}@${hostname()}`.slice(0, 100)

export const login: Action = async (cli, input) => {
  const { origin } = await cli.target()
  const client = (token?: string) => new ApiClient({ origin, token, email: undefined }, version(), cli.signal)
  const instead = 'Without a terminal, give a token: skypanel login --token-stdin < FILE'
  const token = input.flag('tokenStdin')
    ? (await readStdin()).trim()
    : await tokenFor(client(), {
        email: input.text('email') ?? (await ask(`Log in at ${origin}\nE-mail: `, { instead })),
        password: await ask('Password: ', { hidden: true, instead }),
      })
  if (token === '') throw new CliError('no_token', 'stdin holds no token.', { hint: instead })
  // Asked even after a password: it proves that the token which is stored works.
  const account = await client(token).call(accountEndpoints.whoami, {})
  const file = cli.environment.credentialsFile
  await writeCredentials(file, withHost(await readCredentials(file), origin, { email: account.email, token }))
  if (input.flag('json')) cli.json({ email: account.email, host: origin })
  else cli.say(`Logged in at ${origin} as ${account.email}`)
}

async function tokenFor(api: ApiClient, body: { email: string; password: string }): Promise<string> {
  const made = await api.call(accountEndpoints.login, { body: { ...body, label: label() } })
  return made.token
}
