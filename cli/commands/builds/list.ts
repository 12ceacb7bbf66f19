import { releaseEndpoints } from '../../../server/contract/releases.ts'
import type { Action } from '../../command.ts'
import { table } from '../../output/table.ts'
import { formatTime } from '../../output/time.ts'

export const listBuilds: Action = async (cli, input) => {
  const limit = input.count('num') ?? 15
  const app = await cli.app()
  const api = await cli.api()
  const builds = await api.call(releaseEndpoints.builds, { params: { app }, query: { limit } })
  if (input.flag('json')) return cli.json(builds)
  if (builds.length === 0) return cli.say(`${app} has no builds yet. Push it: git push skypanel main`)
  const rows = builds.map((build) => [
    build.id,
    build.state,
    build.commit?.slice(0, 8) ?? '–',
    build.release === null ? '–' : `v${build.release}`,
    formatTime(build.created_at),
    build.author,
  ])
  cli.print(table(['ID', 'STATE', 'COMMIT', 'RELEASE', 'CREATED', 'BY'], rows))
}
