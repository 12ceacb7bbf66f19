import { appEndpoints, VulnerabilityPolicy } from '../../../server/contract/apps.ts'
import { DriverName } from '../../../server/contract/drivers.ts'
import type { Action } from '../../command.ts'
import { CliError, EXIT } from '../../exit.ts'

export const updateApp: Action = async (cli, input) => {
  const branch = input.text('deployBranch')
  const path = input.text('healthCheckPath')
  const policy = input.text('vulnerabilities')
  const wanted = input.text('driver')
  if ([branch, path, policy, wanted].every((value) => value === undefined)) {
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
  const driver = wanted === 'none' ? null : wanted === undefined ? undefined : driverNamed(wanted)
  const app = await cli.app()
  const api = await cli.api()
  const body = {
    ...(branch === undefined ? {} : { deploy_branch: branch }),
    ...(path === undefined ? {} : { health_check_path: path === 'none' ? null : path }),
    ...(vulnerabilities.success ? { vulnerability_policy: vulnerabilities.data } : {}),
    ...(driver === undefined ? {} : { driver }),
  }
  const updated = await cli.progress(`Updating ${app}`, () =>
    api.call(appEndpoints.update, { params: { app }, body }),
  )
  if (input.flag('json')) cli.json(updated)
}

function driverNamed(wanted: string): DriverName {
  const found = DriverName.safeParse(wanted)
  if (found.success) return found.data
  throw new CliError(
    'usage',
    `--driver takes ${DriverName.options.join(', ')} or none, not ${JSON.stringify(wanted)}.`,
    { exit: EXIT.usage },
  )
}
