import { deployEndpoints, type DeployStrategy, StrategyName } from '../../../server/contract/deploys.ts'
import type { Action } from '../../command.ts'
import { CliError, EXIT } from '../../exit.ts'
import type { Input } from '../../input.ts'
import { fields } from '../../output/table.ts'

export const strategy: Action = async (cli, input) => {
  const body = changeOf(input)
  const params = { app: await cli.app() }
  const api = await cli.api()
  const now =
    Object.keys(body).length === 0
      ? await api.call(deployEndpoints.strategy, { params })
      : await cli.progress(`Changing how ${params.app} is deployed`, () =>
          api.call(deployEndpoints.setStrategy, { params, body }),
        )
  if (input.flag('json')) return cli.json(now)
  cli.print(fields(describe(now)))
}

function changeOf(input: Input): Partial<DeployStrategy> {
  const [wanted] = input.args
  const name = StrategyName.safeParse(wanted)
  if (wanted !== undefined && !name.success)
    throw usage(
      `There is no strategy ${JSON.stringify(wanted)}. There are: ${StrategyName.options.join(', ')}.`,
    )
  const surge = numberOrWord(input, 'maxSurge', 'auto')
  const time = numberOrWord(input, 'canaryTime', 'none')
  const unavailable = number(input, 'maxUnavailable')
  const keep = number(input, 'keep')
  const share = number(input, 'canaryShare')
  const watch = number(input, 'watch')
  return {
    ...(name.success ? { strategy: name.data } : {}),
    ...(surge === undefined ? {} : { max_surge: surge }),
    ...(unavailable === undefined ? {} : { max_unavailable: unavailable }),
    ...(keep === undefined ? {} : { keep_seconds: keep }),
    ...(share === undefined ? {} : { canary_share: share }),
    ...(time === undefined ? {} : { canary_seconds: time }),
    ...(watch === undefined ? {} : { watch_seconds: watch }),
  }
}

function number(input: Input, option: string): number | undefined {
  const text = input.text(option)
  if (text === undefined) return undefined
  if (!/^\d{1,7}$/.test(text)) throw usage(`${JSON.stringify(text)} is not a whole number.`)
  return Number(text)
}

function numberOrWord(input: Input, option: string, word: string): number | null | undefined {
  return input.text(option) === word ? null : number(input, option)
}

const usage = (message: string) =>
  new CliError('usage', message, {
    hint: 'See how it is used: skypanel help deploys:strategy',
    exit: EXIT.usage,
  })

/** What counts for the strategy that is chosen. */
function describe(now: DeployStrategy): (readonly [string, string])[] {
  const { strategy: name, max_surge, max_unavailable, keep_seconds, canary_share, canary_seconds } = now
  const rolls = name === 'rolling' || name === 'canary'
  return [
    ['Strategy', name],
    ...(rolls
      ? ([
          ['Max surge', max_surge === null ? 'one, or a quarter of a large formation' : String(max_surge)],
          ['Max unavailable', String(max_unavailable)],
        ] as const)
      : []),
    ...(name === 'blue-green' ? ([['Old ones kept for', `${keep_seconds} s`]] as const) : []),
    ...(name === 'canary'
      ? ([
          ['Canaries', `${canary_share} % of the instances`],
          [
            'Promoted',
            canary_seconds === null ? 'by deploys:promote' : `after ${canary_seconds} s without a crash`,
          ],
        ] as const)
      : []),
    [
      'Taken back',
      now.watch_seconds === 0 ? 'never by itself' : `after 3 crashes within ${now.watch_seconds} s`,
    ],
  ]
}
