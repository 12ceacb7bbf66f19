import { releaseEndpoints } from '../../../server/contract/releases.ts'
import type { Action } from '../../command.ts'
import { chooseBuild } from './choose-build.ts'

export const cancelBuild: Action = async (cli, input) => {
  const app = await cli.app()
  const api = await cli.api()
  const { id } = await chooseBuild(api, app, input.args[0], true)
  const build = await cli.progress(`Canceling build ${id}`, () =>
    api.call(releaseEndpoints.cancelBuild, { params: { app, build: id } }),
  )
  if (input.flag('json')) cli.json(build)
}
