import { appEndpoints } from '../../../server/contract/apps.ts'
import type { Action } from '../../command.ts'
import { table } from '../../output/table.ts'

export const listApps: Action = async (cli, input) => {
  const api = await cli.api()
  const apps = await api.call(appEndpoints.list, {})
  if (input.flag('json')) return cli.json(apps)
  if (apps.length === 0) return cli.say('You have no apps yet. Make one: skypanel create')
  const rows = apps.map((app) => [
    app.name,
    app.team,
    app.release === null ? '–' : `v${app.release.version}`,
    app.web_url,
  ])
  cli.print(table(['NAME', 'TEAM', 'RELEASE', 'URL'], rows))
}
