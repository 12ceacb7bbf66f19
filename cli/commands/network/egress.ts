import { type Egress, EgressPolicy, networkEndpoints } from '../../../server/contract/network.ts'
import type { Cli } from '../../cli.ts'
import type { Action } from '../../command.ts'
import { CliError, EXIT } from '../../exit.ts'
import { table } from '../../output/table.ts'

export const showEgress: Action = async (cli, input) => {
  const app = await cli.app()
  const api = await cli.api()
  const egress = await api.call(networkEndpoints.egress, { params: { app } })
  if (input.flag('json')) return cli.json(egress)
  cli.print(describe(egress))
  tellProblems(cli, egress)
}

export const setEgress: Action = async (cli, input) => {
  const [wanted = '', ...targets] = input.args
  const policy = EgressPolicy.safeParse(wanted)
  if (!policy.success)
    throw new CliError('usage', `There is no policy ${JSON.stringify(wanted)}.`, {
      hint: `There are: ${EgressPolicy.options.join(', ')}`,
      exit: EXIT.usage,
    })
  const app = await cli.app()
  const api = await cli.api()
  const egress = await cli.progress(`Setting the egress of ${app} to ${policy.data}`, () =>
    api.call(networkEndpoints.setEgress, { params: { app }, body: { policy: policy.data, allow: targets } }),
  )
  if (input.flag('json')) return cli.json(egress)
  tellProblems(cli, egress)
}

const MEANING: Readonly<Record<Egress['policy'], string>> = {
  open: 'open: instances reach the public network',
  registries: 'registries: instances reach the package registries of this platform, and nothing else',
  allow: 'allow: instances reach what is listed, and nothing else',
  none: 'none: instances open no connection to the outside',
}

function describe({ policy, allow, hosts }: Egress): string {
  if (allow.length === 0) return MEANING[policy]
  const rows = allow.map((entry) => {
    const host = hosts.find((one) => one.host === entry.split(':')[0])
    return [entry, host === undefined ? '' : host.addresses.join(', ') || 'not resolved: closed']
  })
  return `${MEANING[policy]}\n\n${table(['ALLOWED', 'ADDRESSES NOW'], rows)}`
}

function tellProblems(cli: Cli, { hosts, applied }: Egress): void {
  for (const { host, addresses } of hosts)
    if (addresses.length === 0) cli.say(`${host} could not be resolved; it is closed until it can be.`)
  if (!applied) cli.say('The node does not answer; this holds as soon as it does.')
}
