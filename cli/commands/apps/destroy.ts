import { appEndpoints } from '../../../server/contract/apps.ts'
import type { Action } from '../../command.ts'
import { CliError } from '../../exit.ts'
import { inRepository, readRemotes, removeRemote } from '../../git-remote.ts'
import { ask } from '../../output/prompt.ts'

export const destroyApp: Action = async (cli, input) => {
  const name = input.args[0] ?? (await cli.app())
  const api = await cli.api()
  // Looked up first, so that nobody confirms the destruction of something that is not there.
  const app = await api.call(appEndpoints.info, { params: { app: name } })
  const confirm =
    input.text('confirm') ??
    (await ask(`This destroys ${app.name} with its releases, logs and domains. Type its name to go on: `, {
      instead: `To destroy it without a question: skypanel destroy ${app.name} --confirm ${app.name}`,
    }))
  if (confirm.trim() !== app.name) {
    throw new CliError(
      'confirmation_missing',
      `${JSON.stringify(confirm.trim())} is not ${app.name}; nothing is destroyed.`,
    )
  }
  await cli.progress(`Destroying ${app.name}`, () =>
    api.call(appEndpoints.destroy, { params: { app: name }, query: { confirm: app.name } }),
  )
  if (await inRepository()) {
    const dead = (await readRemotes()).filter((remote) => remote.url === app.git_url)
    for (const remote of dead) await removeRemote(remote.name)
  }
  if (input.flag('json')) cli.json({ name: app.name, id: app.id, destroyed: true })
}
