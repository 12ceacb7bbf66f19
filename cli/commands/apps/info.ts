import { appEndpoints } from '../../../server/contract/apps.ts'
import { formationEndpoints } from '../../../server/contract/formation.ts'
import type { Action } from '../../command.ts'
import { fields } from '../../output/table.ts'
import { formatTime } from '../../output/time.ts'

export const showApp: Action = async (cli, input) => {
  const params = { app: input.args[0] ?? (await cli.app()) }
  const api = await cli.api()
  const [app, formation] = await Promise.all([
    api.call(appEndpoints.info, { params }),
    api.call(formationEndpoints.list, { params }),
  ])
  if (input.flag('json')) return cli.json({ ...app, formation })
  const release = app.release
  const processes = formation.map(({ type, quantity }) => `${type}: ${quantity}`).join(', ')
  cli.print(`=== ${app.name}\n`)
  cli.print(
    fields([
      ['Web URL', app.web_url],
      ['Git URL', app.git_url],
      ['Team', app.team],
      ['Stack', app.stack],
      ['Deploy branch', app.deploy_branch],
      [
        'Release',
        release === null
          ? 'none yet'
          : `v${release.version} ${release.description} (${formatTime(release.created_at)})`,
      ],
      ['Processes', processes === '' ? 'none yet' : processes],
      [
        'Health check',
        app.health_check_path === null ? 'the port accepts a connection' : `GET ${app.health_check_path}`,
      ],
      ['Maintenance', app.maintenance ? 'on' : 'off'],
      ['State', app.state],
      ['Created', formatTime(app.created_at)],
    ]),
  )
}
