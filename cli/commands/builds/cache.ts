import { buildCacheEndpoints } from '../../../server/contract/build-caches.ts'
import type { Action } from '../../command.ts'
import { table } from '../../output/table.ts'
import { formatTime } from '../../output/time.ts'

export const listBuildCaches: Action = async (cli, input) => {
  const app = await cli.app()
  const api = await cli.api()
  const caches = await api.call(buildCacheEndpoints.list, { params: { app } })
  if (input.flag('json')) return cli.json(caches)
  if (caches.length === 0) return cli.say(`The builds of ${app} have no caches yet.`)
  const rows = caches.map(({ name, branch, mb, used_at }) => [
    name,
    branch ?? 'all branches',
    `${mb} MB`,
    formatTime(used_at),
  ])
  cli.print(table(['CACHE', 'BRANCH', 'SIZE', 'USED'], rows))
}
