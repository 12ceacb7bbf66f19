import { appEndpoints } from '../../../server/contract/apps.ts'
import type { Action } from '../../command.ts'
import { CliError, EXIT } from '../../exit.ts'
import { inRepository, readRemotes, REMOTE } from '../../git-remote.ts'
import { connectRepository } from './connect-repository.ts'

export const setGitRemote: Action = async (cli, input) => {
  const name = input.text('app') ?? cli.environment.app
  if (name === undefined) {
    throw new CliError('no_app', 'No app is named.', {
      hint: 'Type: skypanel git:remote --app NAME',
      exit: EXIT.usage,
    })
  }
  if (!(await inRepository())) {
    throw new CliError('no_repository', 'This folder is not in a git repository.', { hint: 'Type: git init' })
  }
  const api = await cli.api()
  const app = await api.call(appEndpoints.info, { params: { app: name } })
  const remote = input.text('remote') ?? REMOTE
  await connectRepository(cli, app.git_url, remote, await readRemotes())
  if (input.flag('json')) cli.json({ remote, git_url: app.git_url })
  else cli.say(`Git remote ${remote} is set to ${app.git_url}`)
}
