import { configVarEndpoints } from '../../../server/contract/config-vars.ts'
import type { Cli } from '../../cli.ts'
import { followDeployment } from '../../follow-deployment.ts'
import type { Input } from '../../input.ts'

/** Sets and unsets in one release; waits until it is live unless --no-wait. Returns all vars of the app. */
export async function changeVars(
  cli: Cli,
  input: Input,
  verb: 'Setting' | 'Unsetting',
  changes: Readonly<Record<string, string | null>>,
): Promise<Record<string, string>> {
  const app = await cli.app()
  const api = await cli.api()
  const names = Object.keys(changes).join(', ')
  const reply = await cli.progress(
    `${verb} ${names} and restarting ${app}`,
    async (progress) => {
      const answer = await api.call(configVarEndpoints.patch, { params: { app }, body: changes })
      if (answer.deployment !== null && !input.isOff('wait')) {
        await followDeployment(api, app, answer.deployment, progress, cli.signal)
      }
      return answer
    },
    ({ release }) => (release === null ? 'done' : `done, v${release}`),
  )
  if (input.flag('json')) cli.json(reply)
  return reply.config_vars
}
