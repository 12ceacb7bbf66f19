import { buildCacheEndpoints } from '../../../server/contract/build-caches.ts'
import type { Action } from '../../command.ts'

export const purgeBuildCache: Action = async (cli, input) => {
  const app = await cli.app()
  const api = await cli.api()
  const purged = await cli.progress(`Purging the build caches of ${app}`, () =>
    api.call(buildCacheEndpoints.purge, { params: { app } }),
  )
  if (input.flag('json')) return cli.json(purged)
  cli.say(`${purged.freed_mb} MB freed. The next build makes each of its steps anew.`)
}
