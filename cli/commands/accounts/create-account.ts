import { accountEndpoints } from '../../../server/contract/accounts.ts'
import type { Action } from '../../command.ts'
import { ask, readStdin } from '../../output/prompt.ts'

export const createAccount: Action = async (cli, input) => {
  const email = input.required(0)
  const name = input.text('name')
  const api = await cli.api()
  const instead = 'Without a terminal: skypanel accounts:create E-MAIL --password-stdin < FILE'
  const password = input.flag('passwordStdin')
    ? (await readStdin()).replace(/\r?\n$/, '')
    : await ask(`Password for ${email}: `, { hidden: true, instead })
  const body = { email, password, ...(name === undefined ? {} : { name }) }
  const account = await cli.progress(`Creating the account ${email}`, () =>
    api.call(accountEndpoints.createAccount, { body }),
  )
  if (input.flag('json')) cli.json(account)
}
