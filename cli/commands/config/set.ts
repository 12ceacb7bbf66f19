import { readFile } from 'node:fs/promises'
import type { Action } from '../../command.ts'
import { CliError, EXIT } from '../../exit.ts'
import { readStdin } from '../../output/prompt.ts'
import { fields } from '../../output/table.ts'
import { changeVars } from './change-vars.ts'
import { parseEnvFile, parseVars } from './parse-vars.ts'

export const setConfig: Action = async (cli, input) => {
  const file = input.text('from')
  const vars = { ...(file === undefined ? {} : parseEnvFile(await readVars(file))), ...parseVars(input.args) }
  const names = Object.keys(vars)
  if (names.length === 0) {
    throw new CliError('usage', 'No config var is named.', {
      hint: 'Type: skypanel config:set NAME=value',
      exit: EXIT.usage,
    })
  }
  const all = await changeVars(cli, input, 'Setting', vars)
  if (!input.flag('json')) cli.print(fields(names.map((name) => [name, all[name] ?? ''] as const)))
}

async function readVars(file: string): Promise<string> {
  if (file === '-') return readStdin()
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new CliError('unreadable', `${file} cannot be read.`, { hint: `Type: ls -l ${file}`, cause: error })
  }
}
