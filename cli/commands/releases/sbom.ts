import { appEndpoints } from '../../../server/contract/apps.ts'
import { releaseEndpoints } from '../../../server/contract/releases.ts'
import type { Action } from '../../command.ts'
import { CliError } from '../../exit.ts'
import { parseVersion } from './parse-version.ts'

/** Without a version: of what serves. */
export const printBom: Action = async (cli, input) => {
  const [wanted] = input.args
  const named = wanted === undefined ? undefined : parseVersion(wanted)
  const app = await cli.app()
  const api = await cli.api()
  const version = named ?? (await servingVersion())
  cli.json(await api.call(releaseEndpoints.sbom, { params: { app, version: String(version) } }))

  async function servingVersion(): Promise<number> {
    const { release } = await api.call(appEndpoints.info, { params: { app } })
    if (release !== null) return release.version
    throw new CliError('no_release', `${app} has no release yet.`, {
      hint: 'Push it: git push skypanel main',
    })
  }
}
