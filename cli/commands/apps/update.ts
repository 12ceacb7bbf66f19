import { appEndpoints, VulnerabilityPolicy } from '../../../server/contract/apps.ts'
import type { Action } from '../../command.ts'
import { CliError, EXIT } from '../../exit.ts'

export const updateApp: Action = async (cli, input) => {
  const branch = input.text('deployBranch')
  const path = input.text('healthCheckPath')
  const policy = input.text('vulnerabilities')
  if (branch === undefined && path === undefined && policy === undefined) {
    throw new CliError('usage', 'Nothing to change is named.', {
      hint: 'See how it is used: skypanel help apps:update',
      exit: EXIT.usage,
    })
  }
  const vulnerabilities = VulnerabilityPolicy.safeParse(policy)
  if (policy !== undefined && !vulnerabilities.success) {
    throw new CliError(
      'usage',
      `--vulnerabilities takes off, warn or block, not ${JSON.stringify(policy)}.`,
      {
        exit: EXIT.usage,
      },
    )
  }
  const app = await cli.app()
  const api = await cli.api()
  const body = {
    ...(branch === undefined ? {} : { deploy_branch: branch }),
    ...(path === undefined ? {} : { health_check_path: path === 'none' ? null : path }),
    ...(vulnerabilities.success ? { vulnerability_policy: vulnerabilities.data } : {}),
  }
  const updated = await cli.progress(`Updating ${app}`, () =>
    api.call(appEndpoints.update, { params: { app }, body }),
  )
  if (input.flag('json')) cli.json(updated)
}
