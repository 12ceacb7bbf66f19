import { appEndpoints } from '../../../server/contract/apps.ts'
import type { Action } from '../../command.ts'
import { launch } from '../../spawn.ts'

export const openApp: Action = async (cli, input) => {
  const app = await cli.app()
  const api = await cli.api()
  const { web_url } = await api.call(appEndpoints.info, { params: { app } })
  const url = new URL(input.args[0] ?? '', web_url).href
  if (input.flag('json')) return cli.json({ url })
  cli.print(`${url}\n`)
  if (!(await launch([process.platform === 'darwin' ? 'open' : 'xdg-open', url]))) {
    cli.say('No browser was found on this machine; open the address yourself.')
  }
}
