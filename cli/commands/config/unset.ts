import type { Action } from '../../command.ts'
import { changeVars } from './change-vars.ts'

export const unsetConfig: Action = async (cli, input) => {
  await changeVars(cli, input, 'Unsetting', Object.fromEntries(input.args.map((name) => [name, null])))
}
