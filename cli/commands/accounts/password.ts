import { accountEndpoints } from '../../../server/contract/accounts.ts'
import type { Action } from '../../command.ts'
import { CliError } from '../../exit.ts'
import { ask, readStdin } from '../../output/prompt.ts'

export const setPassword: Action = async (cli, input) => {
  const api = await cli.api()
  const password = input.flag('passwordStdin') ? (await readStdin()).replace(/\r?\n$/, '') : await askTwice()
  const account = await cli.progress('Setting the password', () =>
    api.call(accountEndpoints.setPassword, { body: { password } }),
  )
  cli.say('Every other token of yours is revoked.')
  if (input.flag('json')) cli.json(account)
}

async function askTwice(): Promise<string> {
  const instead = 'Without a terminal: skypanel account:password --password-stdin < FILE'
  const first = await ask('New password: ', { hidden: true, instead })
  const second = await ask('The same again: ', { hidden: true, instead })
  if (first !== second) throw new CliError('mismatch', 'The two are not the same; nothing is changed.')
  return first
}
