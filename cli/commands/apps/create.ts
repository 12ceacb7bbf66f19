import { appEndpoints } from '../../../server/contract/apps.ts'
import type { Action } from '../../command.ts'
import { connectRepository } from './connect-repository.ts'
import { inRepository, readRemotes, REMOTE } from '../../git-remote.ts'

export const createApp: Action = async (cli, input) => {
  const api = await cli.api()
  const [name] = input.args
  const team = input.text('team')
  const app = await cli.progress(
    name === undefined ? 'Creating an app' : `Creating ${name}`,
    () =>
      api.call(appEndpoints.create, {
        body: { ...(name === undefined ? {} : { name }), ...(team === undefined ? {} : { team }) },
      }),
    (made) => `done, ${made.name}`,
  )
  // commander: --no-remote sets `remote` to false, --remote NAME to text.
  if (!input.isOff('remote') && (await inRepository())) {
    const remote = input.text('remote') ?? REMOTE
    const remotes = await readRemotes()
    const there = remotes.find((known) => known.name === remote)
    if (there === undefined || there.url === app.git_url) {
      await connectRepository(cli, app.git_url, remote, remotes)
      cli.say(`Git remote ${remote} is set. Deploy with: git push ${remote} ${app.deploy_branch}`)
    } else {
      cli.say(`Git remote ${remote} already leads to ${there.url} and is left alone.`)
      cli.say(`To change it: skypanel git:remote --app ${app.name}`)
    }
  }
  if (input.flag('json')) cli.json(app)
  else cli.print(`${app.web_url} | ${app.git_url}\n`)
}
