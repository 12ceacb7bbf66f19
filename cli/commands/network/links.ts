import { networkEndpoints } from '../../../server/contract/network.ts'
import type { Action } from '../../command.ts'
import { table } from '../../output/table.ts'
import { formatTime } from '../../output/time.ts'

export const listLinks: Action = async (cli, input) => {
  const app = await cli.app()
  const api = await cli.api()
  const links = await api.call(networkEndpoints.links, { params: { app } })
  if (input.flag('json')) return cli.json(links)
  if (links.length === 0) return cli.say(`${app} may call no other app. Let it: skypanel links:add OTHER`)
  const rows = links.map((one) => [one.app, `http://${one.host}:5000`, formatTime(one.created_at)])
  cli.print(table(['APP', 'ADDRESS', 'SINCE'], rows))
}

export const addLink: Action = async (cli, input) => {
  const other = input.required(0)
  const app = await cli.app()
  const api = await cli.api()
  const link = await cli.progress(`Linking ${app} to ${other}`, () =>
    api.call(networkEndpoints.addLink, { params: { app }, body: { app: other } }),
  )
  if (input.flag('json')) return cli.json(link)
  cli.say(`Instances of ${app} reach ${other} at http://${link.host}:5000`)
}

export const removeLink: Action = async (cli, input) => {
  const other = input.required(0)
  const app = await cli.app()
  const api = await cli.api()
  const link = await cli.progress(`Removing the link from ${app} to ${other}`, () =>
    api.call(networkEndpoints.removeLink, { params: { app, other } }),
  )
  if (input.flag('json')) cli.json(link)
}
