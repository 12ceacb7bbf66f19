import { configVarEndpoints } from '../../../server/contract/config-vars.ts'
import type { Action } from '../../command.ts'
import { CliError } from '../../exit.ts'

export const getConfig: Action = async (cli, input) => {
  const name = input.required(0)
  const app = await cli.app()
  const api = await cli.api()
  const vars = await api.call(configVarEndpoints.get, { params: { app } })
  const value = vars[name]
  if (value === undefined) {
    throw new CliError('config_var_not_found', `${app} has no config var ${name}.`, {
      hint: `See all: skypanel config --app ${app}`,
    })
  }
  if (input.flag('json')) cli.json({ [name]: value })
  else cli.print(`${value}\n`)
}
