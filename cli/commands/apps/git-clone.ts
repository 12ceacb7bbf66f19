import { existsSync, readdirSync } from 'node:fs'
import { appEndpoints } from '../../../server/contract/apps.ts'
import type { Action } from '../../command.ts'
import { CliError, EXIT } from '../../exit.ts'
import { credentialSettings, helperLine, REMOTE } from '../../git-remote.ts'
import { ownCommand } from '../../own-command.ts'
import { capture } from '../../spawn.ts'

/** Clones an app's repository; git asks us for the token, then and in the clone. */
export const cloneApp: Action = async (cli, input) => {
  const [name, given] = input.args
  const wanted = name ?? input.text('app') ?? cli.environment.app
  if (wanted === undefined) {
    throw new CliError('no_app', 'No app is named.', {
      hint: 'Type: skypanel git:clone NAME [FOLDER]',
      exit: EXIT.usage,
    })
  }
  const api = await cli.api()
  const app = await api.call(appEndpoints.info, { params: { app: wanted } })
  const folder = given ?? app.name
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw new CliError('folder_not_empty', `The folder ${folder} is there already and not empty.`, {
      hint: `Name another one: skypanel git:clone ${app.name} FOLDER`,
    })
  }
  const remote = input.text('remote') ?? REMOTE
  const { origin } = await cli.target()
  const command = ownCommand(cli.environment.path, process.execPath, process.argv[1] ?? '')
  const settings = credentialSettings(app.git_url, helperLine(command, origin))
  const { code, stderr } = await cli.progress(
    `Cloning ${app.name} into ${folder}`,
    () =>
      capture([
        'git',
        'clone',
        '--quiet',
        `--origin=${remote}`,
        // Written into the clone's own configuration before the first fetch, so it is there for the next as well.
        ...settings.flatMap(([key, value]) => ['--config', `${key}=${value}`]),
        '--',
        app.git_url,
        folder,
      ]),
    () => 'done',
  )
  if (code !== 0) throw new CliError('git_failed', `git clone failed: ${stderr.trim()}`)
  if (input.flag('json')) cli.json({ folder, remote, git_url: app.git_url })
  else cli.say(`Change it, commit, and deploy with: git push ${remote} ${app.deploy_branch}`)
}
