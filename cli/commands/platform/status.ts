import { platformEndpoints } from '../../../server/contract/platform.ts'
import type { Action } from '../../command.ts'
import { EXIT, Quit } from '../../exit.ts'
import { fields, table } from '../../output/table.ts'

export const showStatus: Action = async (cli, input) => {
  const api = await cli.api()
  const status = await api.call(platformEndpoints.status, {})
  if (input.flag('json')) cli.json(status)
  else {
    cli.print(`=== SkyPanel ${status.version} at ${api.origin}\n`)
    cli.print(
      fields([
        ['Installation', status.installation],
        ['Registry', status.registry.active],
        ['Consul', status.registry.consul],
      ]),
    )
    cli.print(
      '\n' +
        table(
          ['PROCESS', 'STATE', 'DETAIL'],
          status.components.map(({ name, ok, detail }) => [name, ok ? 'ok' : 'down', detail]),
        ),
    )
  }
  // Scripts ask by the exit code.
  if (status.components.some(({ ok }) => !ok)) throw new Quit(EXIT.unavailable)
}
