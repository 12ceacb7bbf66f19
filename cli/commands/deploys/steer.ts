import { deployEndpoints } from '../../../server/contract/deploys.ts'
import type { Action } from '../../command.ts'

const VERBS = { pause: 'Pausing', resume: 'Resuming', promote: 'Promoting', abort: 'Aborting' } as const

/** Without a deployment: the one that goes on. */
export const steer =
  (how: keyof typeof VERBS): Action =>
  async (cli, input) => {
    const deployment = input.args[0] ?? 'current'
    const app = await cli.app()
    const api = await cli.api()
    const answer = await cli.progress(
      `${VERBS[how]} the deployment of ${app}`,
      () => api.call(deployEndpoints[how], { params: { app, deployment } }),
      ({ release }) => (release === null ? 'done' : `done, v${release}`),
    )
    if (input.flag('json')) cli.json(answer)
  }
