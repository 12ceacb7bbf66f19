import { releaseEndpoints } from '../../../server/contract/releases.ts'
import type { Action } from '../../command.ts'
import { table } from '../../output/table.ts'
import { formatTime } from '../../output/time.ts'

export const listReleases: Action = async (cli, input) => {
  const limit = input.count('num') ?? 15
  const app = await cli.app()
  const api = await cli.api()
  const releases = await api.call(releaseEndpoints.list, { params: { app }, query: { limit } })
  if (input.flag('json')) return cli.json(releases)
  if (releases.length === 0) return cli.say(`${app} has no releases yet. Push it: git push skypanel main`)
  const rows = releases.map((release) => [
    `v${release.version}`,
    release.kept ? release.state : `${release.state}, collected`,
    release.description,
    release.author,
    formatTime(release.created_at),
  ])
  cli.print(table(['VERSION', 'STATE', 'DESCRIPTION', 'BY', 'CREATED'], rows))
}
