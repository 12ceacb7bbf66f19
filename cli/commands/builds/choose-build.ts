import { type Build, releaseEndpoints } from '../../../server/contract/releases.ts'
import type { ApiClient } from '../../api-client.ts'
import { CliError } from '../../exit.ts'

/** The build that is named, or the newest one (for `running`: the newest that has not ended). */
export async function chooseBuild(
  api: ApiClient,
  app: string,
  named: string | undefined,
  running = false,
): Promise<Build> {
  if (named !== undefined) return api.call(releaseEndpoints.build, { params: { app, build: named } })
  const builds = await api.call(releaseEndpoints.builds, { params: { app }, query: { limit: 20 } })
  const found = builds.find((build) => !running || build.state === 'pending' || build.state === 'running')
  if (found !== undefined) return found
  throw new CliError(
    'build_not_found',
    running ? `No build of ${app} is running.` : `${app} has no builds yet.`,
    {
      hint: running ? `See the builds: skypanel builds --app ${app}` : 'Push it: git push skypanel main',
    },
  )
}
