import type { Action } from '../../command.ts'
import { topics } from '../../command-table.ts'
import { CliError, EXIT } from '../../exit.ts'
import { createProgram } from '../../program.ts'
import { bashCompletion, fishCompletion, type Known, zshCompletion } from './completion-scripts.ts'

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const

const isShell = (name: string): name is keyof typeof SHELLS => name in SHELLS

/** Prints a script that knows the commands and options of this version. */
export const completion: Action = async (cli, input) => {
  const shell = input.required(0)
  if (!isShell(shell)) {
    throw new CliError('usage', `There is no completion for ${shell}.`, {
      hint: 'Type: skypanel completion bash, zsh or fish',
      exit: EXIT.usage,
    })
  }
  const hidden = new Set(
    topics.flatMap(({ commands }) => commands.filter((spec) => spec.hidden === true).map(({ name }) => name)),
  )
  const program = createProgram({ environment: cli.environment, signal: cli.signal })
  const known: Known[] = program.commands
    .filter((command) => !hidden.has(command.name()))
    .map((command) => ({
      name: command.name(),
      aliases: command.aliases(),
      summary: command.description(),
      options: command.options.flatMap((option) =>
        option.long === undefined || option.long === null ? [] : [option.long],
      ),
    }))
  cli.print(SHELLS[shell](known))
}
