import type { Action } from '../../command.ts'
import { CliError, EXIT } from '../../exit.ts'
import { readStdin } from '../../output/prompt.ts'

/**
 * git's credential helper protocol. `get` prints the token of the platform that --host names; `store` and `erase` are
 * answered with nothing, for the token is kept by login and logout alone.
 */
export const gitCredentials: Action = async (cli, input) => {
  const verb = input.required(0)
  if (!['get', 'store', 'erase'].includes(verb)) {
    throw new CliError('usage', `${verb} is not a verb of git's credential protocol.`, { exit: EXIT.usage })
  }
  await readStdin()
  if (verb !== 'get') return
  const { origin, token } = await cli.target()
  if (token === undefined) {
    // Without `quit` git would ask for a password, which nobody has for git.
    cli.print('quit=1\n')
    throw new CliError('unauthorized', `You are not logged in at ${origin}.`, {
      hint: 'Type: skypanel login',
    })
  }
  cli.print(`username=skypanel\npassword=${token}\n`)
}
