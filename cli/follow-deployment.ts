import { setTimeout as sleep } from 'node:timers/promises'
import { type Deployment, releaseEndpoints } from '../server/contract/releases.ts'
import type { ApiClient } from './api-client.ts'
import { CliError, EXIT } from './exit.ts'
import type { Progress } from './output/progress.ts'

/** How long answers may stay away (the platform restarts) before waiting is given up. */
const PATIENCE_MS = 60_000

/** Waits for one piece of work to end. Throws when it failed: the release before it goes on serving. */
export async function followDeployment(
  api: ApiClient,
  app: string,
  deployment: string,
  progress: Progress,
  signal: AbortSignal,
): Promise<Deployment> {
  let silentSince: number | undefined
  for (let pause = 100; ; pause = Math.min(1000, pause * 1.3)) {
    try {
      const current = await api.call(releaseEndpoints.deployment, { params: { app, deployment } })
      silentSince = undefined
      if (current.state === 'succeeded') return current
      if (current.state === 'failed' || current.state === 'canceled') throw ended(app, current)
      if (current.waits_for !== null)
        progress.step(`waits for deploys:${current.waits_for === 'resume' ? 'resume' : 'promote'}`)
      else if (current.step !== null) progress.step(current.step)
    } catch (error) {
      const passing = error instanceof CliError && error.exit === EXIT.unavailable
      silentSince ??= performance.now()
      if (!passing || performance.now() - silentSince > PATIENCE_MS) throw error
    }
    await sleep(pause, undefined, { signal })
  }
}

function ended(app: string, deployment: Deployment): CliError {
  const release = deployment.release === null ? 'It' : `Release v${deployment.release}`
  const what = deployment.state === 'canceled' ? 'was canceled' : 'did not go live'
  return new CliError(
    'deploy_failed',
    `${release} ${what}${deployment.reason === null ? '.' : `: ${deployment.reason}`}`,
    {
      hint: `What served before goes on serving. See why: skypanel logs --app ${app}`,
    },
  )
}
