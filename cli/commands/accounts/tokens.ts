import { accountEndpoints } from '../../../server/contract/accounts.ts'
import type { Action } from '../../command.ts'
import { CliError, EXIT } from '../../exit.ts'
import { table } from '../../output/table.ts'
import { formatTime } from '../../output/time.ts'

const when = (time: string | null): string => (time === null ? 'never' : formatTime(time))

export const listTokens: Action = async (cli, input) => {
  const api = await cli.api()
  const tokens = await api.call(accountEndpoints.listTokens, {})
  if (input.flag('json')) return cli.json(tokens)
  const rows = tokens.map((token) => [
    token.id,
    token.current ? `${token.label} (this one)` : token.label,
    formatTime(token.created_at),
    when(token.last_used_at),
    when(token.expires_at),
  ])
  cli.print(table(['ID', 'LABEL', 'CREATED', 'LAST USED', 'EXPIRES'], rows))
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** `30d`, `12h`, `90m` or `600s` in seconds. */
export function parseDuration(text: string): number {
  const match = /^(\d{1,9})([smhd])$/.exec(text)
  const size = SECONDS[match?.[2] ?? '']
  if (match?.[1] === undefined || size === undefined) {
    throw new CliError('usage', `${JSON.stringify(text)} is not a duration.`, {
      hint: 'It looks like 30d, 12h, 90m or 600s',
      exit: EXIT.usage,
    })
  }
  return Number(match[1]) * size
}

export const createToken: Action = async (cli, input) => {
  const expires = input.text('expiresIn')
  const body = {
    label: input.required(0),
    ...(expires === undefined ? {} : { expires_in: parseDuration(expires) }),
  }
  const api = await cli.api()
  const token = await api.call(accountEndpoints.createToken, { body })
  if (input.flag('json')) return cli.json(token)
  cli.say('This is the only time that the token is shown:')
  cli.print(`${token.token}\n`)
}

export const revokeToken: Action = async (cli, input) => {
  const api = await cli.api()
  const token = input.required(0)
  const revoked = await cli.progress(`Revoking ${token}`, () =>
    api.call(accountEndpoints.revokeToken, { params: { token } }),
  )
  if (input.flag('json')) cli.json(revoked)
}
