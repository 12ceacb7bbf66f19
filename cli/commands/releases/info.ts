import { deployEndpoints } from '../../../server/contract/deploys.ts'
import { releaseEndpoints } from '../../../server/contract/releases.ts'
import type { Action } from '../../command.ts'
import { fields } from '../../output/table.ts'
import { formatTime } from '../../output/time.ts'
import { parseVersion } from './parse-version.ts'

export const showRelease: Action = async (cli, input) => {
  const version = parseVersion(input.required(0))
  const app = await cli.app()
  const api = await cli.api()
  const params = { app, version: String(version) }
  const [release, events] = await Promise.all([
    api.call(releaseEndpoints.info, { params }),
    api.call(deployEndpoints.events, { params }),
  ])
  if (input.flag('json')) return cli.json({ ...release, events })
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
  if (events.length === 0) return
  cli.print(`\n=== What was done for it, and why\n`)
  cli.print(events.map(({ at, text }) => `${formatTime(at)}  ${text}\n`).join(''))
}
