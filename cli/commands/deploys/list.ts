import { releaseEndpoints } from '../../../server/contract/releases.ts'
import type { Action } from '../../command.ts'
import { table } from '../../output/table.ts'
import { formatTime } from '../../output/time.ts'

const WAITS = { promotion: 'waits for deploys:promote', resume: 'paused' } as const

export const listDeploys: Action = async (cli, input) => {
  const limit = input.count('num') ?? 15
  const app = await cli.app()
  const api = await cli.api()
  const deployments = await api.call(releaseEndpoints.deployments, { params: { app }, query: { limit } })
  if (input.flag('json')) return cli.json(deployments)
  if (deployments.length === 0) return cli.say(`${app} was not deployed yet. Push it: git push skypanel main`)
  const rows = deployments.map(({ id, kind, state, step, release, waits_for, reason, created_at }) => [
    id,
    kind,
    release === null ? '' : `v${release}`,
    state,
    waits_for !== null ? WAITS[waits_for] : state === 'running' ? (step ?? '') : (reason ?? ''),
    formatTime(created_at),
  ])
  cli.print(table(['ID', 'KIND', 'RELEASE', 'STATE', '', 'CREATED'], rows))
}
