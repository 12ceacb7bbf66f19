import { accountEndpoints } from '../../../server/contract/accounts.ts'
import type { Action } from '../../command.ts'

export const whoami: Action = async (cli, input) => {
  const api = await cli.api()
  const account = await api.call(accountEndpoints.whoami, {})
  if (input.flag('json')) cli.json({ ...account, host: api.origin })
  else cli.print(`${account.email}\n`)
}
