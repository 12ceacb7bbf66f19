import { cronEndpoints, type CronRun } from '../../../server/contract/cron.ts'
import type { Action } from '../../command.ts'
import { table } from '../../output/table.ts'
import { ago, formatTime } from '../../output/time.ts'

function describeRun(run: CronRun, now: number): string {
  const reason = run.reason === null ? '' : `: ${run.reason}`
  return `${run.outcome} (${ago(run.due_at, now)})${reason}`
}

export const listCron: Action = async (cli, input) => {
  const app = await cli.app()
  const api = await cli.api()
  const entries = await api.call(cronEndpoints.list, { params: { app } })
  if (input.flag('json')) return cli.json(entries)
  if (entries.length === 0)
    return cli.say(`${app} runs nothing at set times. Name it in skypanel.toml, under [[cron]].`)
  const now = Date.now()
  cli.print(
    table(
      ['ENTRY', 'SCHEDULE', 'NEXT (UTC)', 'LAST', 'COMMAND'],
      entries.map((one) => [
        one.name,
        one.schedule,
        one.next_run === null ? '-' : one.next_run.slice(0, 16).replace('T', ' '),
        one.last_run === null ? '-' : describeRun(one.last_run, now),
        one.command,
      ]),
    ),
  )
}

export const listRuns: Action = async (cli, input) => {
  const app = await cli.app()
  const api = await cli.api()
  const entry = input.args[0]
  const lines = Number(input.text('num') ?? 30)
  const runs = await api.call(cronEndpoints.runs, {
    params: { app },
    query: entry === undefined ? { lines } : { entry, lines },
  })
  if (input.flag('json')) return cli.json(runs)
  if (runs.length === 0) return cli.say('Nothing was due yet.')
  cli.print(
    table(
      ['DUE', 'ENTRY', 'OUTCOME', 'PROCESS', 'REASON'],
      runs.map((run) => [
        formatTime(run.due_at),
        run.entry,
        run.outcome,
        run.process ?? '-',
        run.reason ?? '',
      ]),
    ),
  )
}

export const runNow: Action = async (cli, input) => {
  const entry = input.required(0)
  const app = await cli.app()
  const api = await cli.api()
  const run = await cli.progress(
    `Running ${entry}`,
    () => api.call(cronEndpoints.run, { params: { app, entry }, body: {} }),
    ({ process }) => `done, as ${process ?? entry}`,
  )
  if (input.flag('json')) cli.json(run)
  else cli.say(`See what it prints: skypanel logs --app ${app} --process ${run.process ?? 'cron'} --tail`)
}
