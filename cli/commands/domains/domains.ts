import { domainEndpoints } from '../../../server/contract/domains.ts'
import type { Action } from '../../command.ts'
import { table } from '../../output/table.ts'
import { formatTime } from '../../output/time.ts'

export const listDomains: Action = async (cli, input) => {
  const app = await cli.app()
  const api = await cli.api()
  const domains = await api.call(domainEndpoints.list, { params: { app } })
  if (input.flag('json')) return cli.json(domains)
  cli.print(
    table(
      ['HOST NAME', 'KIND', 'ADDED'],
      domains.map((one) => [one.hostname, one.kind, formatTime(one.created_at)]),
    ),
  )
}

export const addDomain: Action = async (cli, input) => {
  const hostname = input.required(0)
  const app = await cli.app()
  const api = await cli.api()
  const domain = await cli.progress(`Adding ${hostname} to ${app}`, () =>
    api.call(domainEndpoints.add, { params: { app }, body: { hostname } }),
  )
  if (input.flag('json')) cli.json(domain)
  else
    cli.say(
      `Point ${domain.hostname} at this platform in your DNS; its certificate is fetched at the first request.`,
    )
}

export const removeDomain: Action = async (cli, input) => {
  const hostname = input.required(0)
  const app = await cli.app()
  const api = await cli.api()
  const domain = await cli.progress(`Removing ${hostname} from ${app}`, () =>
    api.call(domainEndpoints.remove, { params: { app, hostname } }),
  )
  if (input.flag('json')) cli.json(domain)
}
