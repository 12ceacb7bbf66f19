import { configVarEndpoints } from '../../../server/contract/config-vars.ts'
import type { Action } from '../../command.ts'
import { fields } from '../../output/table.ts'

/** A value as a POSIX shell reads it back. */
const shellQuote = (value: string): string =>
  /^[A-Za-z0-9_./:@%+=,-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`

export const listConfig: Action = async (cli, input) => {
  const app = await cli.app()
  const api = await cli.api()
  const vars = await api.call(configVarEndpoints.get, { params: { app } })
  if (input.flag('json')) return cli.json(vars)
  const pairs = Object.entries(vars).toSorted(([a], [b]) => (a < b ? -1 : 1))
  if (input.flag('shell'))
    return cli.print(pairs.map(([name, value]) => `${name}=${shellQuote(value)}\n`).join(''))
  if (pairs.length === 0) return cli.say(`${app} has no config vars. Set one: skypanel config:set NAME=value`)
  cli.print(`=== ${app} Config Vars\n`)
  cli.print(fields(pairs))
}
