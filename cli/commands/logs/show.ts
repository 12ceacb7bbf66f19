import { type LogLine, logEndpoints } from '../../../server/contract/logs.ts'
import type { ChalkInstance } from 'chalk'
import type { Action } from '../../command.ts'
import { CliError, EXIT } from '../../exit.ts'
import { colourOf } from '../../output/colour.ts'

/** `2026-11-21T10:05:09.123Z app[web.1]: text`, the head in the colour of its process. */
export function formatLine(line: LogLine, chalk: ChalkInstance): string {
  const head = `${line.time} ${line.source}[${line.process}]:`
  return `${chalk[colourOf(line.process)](head)} ${line.text}\n`
}

function sourceOf(text: string | undefined): LogLine['source'] | undefined {
  if (text === undefined || text === 'app' || text === 'skypanel') return text
  throw new CliError('usage', `--source is app or skypanel, not ${JSON.stringify(text)}.`, {
    exit: EXIT.usage,
  })
}

export const showLogs: Action = async (cli, input) => {
  const source = sourceOf(input.text('source'))
  const lines = input.count('num') ?? 100
  const process = input.text('process')
  const app = await cli.app()
  const api = await cli.api()
  const follow = input.flag('tail')
  const query = {
    lines,
    follow: String(follow),
    ...(process === undefined ? {} : { process }),
    ...(source === undefined ? {} : { source }),
  }
  const chalk = await cli.colours()
  const stream = api.stream(
    logEndpoints.stream,
    { params: { app }, query },
    { complete: follow ? 'never' : 'end' },
  )
  const kept: LogLine[] = []
  for await (const line of stream) {
    if (!input.flag('json')) cli.print(formatLine(line, chalk))
    // A tail has no end, so it cannot be one document: one a line.
    else if (follow) cli.print(`${JSON.stringify(line)}\n`)
    else kept.push(line)
  }
  if (input.flag('json') && !follow) cli.json(kept)
}
