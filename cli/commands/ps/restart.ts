import { formationEndpoints } from '../../../server/contract/formation.ts'
import type { Action } from '../../command.ts'
import { followDeployment } from '../../follow-deployment.ts'

export const restart: Action = async (cli, input) => {
  const app = await cli.app()
  const api = await cli.api()
  const [which] = input.args
  const body = which === undefined ? {} : which.includes('.') ? { instance: which } : { type: which }
  const reply = await cli.progress(
    which === undefined ? `Restarting ${app}` : `Restarting ${which} of ${app}`,
    async (progress) => {
      const answer = await api.call(formationEndpoints.restart, { params: { app }, body })
      if (!input.isOff('wait')) await followDeployment(api, app, answer.deployment, progress, cli.signal)
      return answer
    },
  )
  if (input.flag('json')) cli.json(reply)
}
