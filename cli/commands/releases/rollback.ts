import { releaseEndpoints } from '../../../server/contract/releases.ts'
import type { Action } from '../../command.ts'
import { followDeployment } from '../../follow-deployment.ts'
import { parseVersion } from './parse-version.ts'

export const rollback: Action = async (cli, input) => {
  const [wanted] = input.args
  const version = wanted === undefined ? undefined : parseVersion(wanted)
  const app = await cli.app()
  const api = await cli.api()
  const reply = await cli.progress(
    `Rolling ${app} back to ${version === undefined ? 'the release before' : `v${version}`}`,
    async (progress) => {
      const body = { formation: input.flag('formation'), ...(version === undefined ? {} : { version }) }
      const answer = await api.call(releaseEndpoints.rollback, { params: { app }, body })
      if (!input.isOff('wait')) await followDeployment(api, app, answer.deployment, progress, cli.signal)
      return answer
    },
    ({ release }) => `done, v${release.version}`,
  )
  if (input.flag('json')) cli.json(reply)
}
