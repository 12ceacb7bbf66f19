import { type Formation, formationEndpoints, type Instance } from '../../../server/contract/formation.ts'
import type { Action } from '../../command.ts'
import { ago, formatTime } from '../../output/time.ts'

/** Heroku's words for a state, where it has one. */
const WORDS: Readonly<Record<Instance['state'], string>> = {
  starting: 'starting',
  ready: 'up',
  draining: 'stopping',
  exited: 'exited',
  crashed: 'crashed',
}

export function describeInstance(instance: Instance, now: number): string {
  const since =
    instance.started_at === null
      ? ''
      : ` ${formatTime(instance.started_at)} (${ago(instance.started_at, now)})`
  const restarts = instance.restarts === 0 ? '' : `, ${instance.restarts} restarts`
  const reason = instance.reason === null ? '' : `: ${instance.reason}`
  return `${instance.name}: ${WORDS[instance.state]} v${instance.release}${since}${restarts}${reason}`
}

/** The last words of one that crashed, below its line. */
const lastWords = ({ state, exit }: Instance): string[] =>
  state === 'crashed' ? (exit?.lines ?? []).slice(-5).map((line) => `    ${line}`) : []

const number = (name: string): number => Number(name.split('.')[1] ?? 0)

function section(
  type: string,
  formation: Formation | undefined,
  instances: readonly Instance[],
  now: number,
): string {
  const head =
    formation === undefined
      ? type
      : `${type} (${formation.size}): ${formation.command} (${formation.quantity})`
  const lines = instances
    .toSorted((a, b) => number(a.name) - number(b.name))
    .flatMap((one) => [describeInstance(one, now), ...lastWords(one)])
  return [`=== ${head}`, ...lines, ''].join('\n')
}

export const listProcesses: Action = async (cli, input) => {
  const params = { app: await cli.app() }
  const api = await cli.api()
  const [formation, instances] = await Promise.all([
    api.call(formationEndpoints.list, { params }),
    api.call(formationEndpoints.instances, { params }),
  ])
  const wanted = input.args[0]
  const of = (type: string) =>
    instances.filter(
      (one) => one.type === type && (wanted === undefined || wanted === type || one.name === wanted),
    )
  const types = [...new Set([...formation.map(({ type }) => type), ...instances.map(({ type }) => type)])]
  const shown = types.filter((type) => wanted === undefined || wanted === type || of(type).length > 0)
  if (input.flag('json'))
    return cli.json({
      formation: formation.filter(({ type }) => shown.includes(type)),
      instances: shown.flatMap(of),
    })
  if (shown.length === 0)
    return cli.say(`${params.app} has no processes. Push it first: git push skypanel main`)
  const now = Date.now()
  const sections = shown.map((type) =>
    section(
      type,
      formation.find((one) => one.type === type),
      of(type),
      now,
    ),
  )
  cli.print(sections.join('\n'))
}
