import { releaseEndpoints } from '../../../server/contract/releases.ts'
import type { Action } from '../../command.ts'
import { fields } from '../../output/table.ts'
import { formatTime } from '../../output/time.ts'
import { parseVersion } from './parse-version.ts'

export const showRelease: Action = async (cli, input) => {
  const version = parseVersion(input.required(0))
  const app = await cli.app()
  const api = await cli.api()
  const release = await api.call(releaseEndpoints.info, { params: { app, version: String(version) } })
  if (input.flag('json')) return cli.json(release)
  cli.print(`=== Release v${release.version}\n`)
  cli.print(
    fields([
      ['Description', release.description],
      ['State', release.state],
      ...(release.reason === null ? [] : ([['Reason', release.reason]] as const)),
      ['Commit', release.commit ?? 'none'],
      ['By', release.author],
      ['Created', formatTime(release.created_at)],
      [
        'Rollback',
        release.kept
          ? `skypanel rollback v${release.version} --app ${app}`
          : 'not possible: its build was collected',
      ],
      ...Object.entries(release.process_types).map(
        ([type, command]) => [`Process ${type}`, command] as const,
      ),
    ]),
  )
}
