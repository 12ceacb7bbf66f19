import { type NewBuild, releaseEndpoints } from '../../../server/contract/releases.ts'
import type { ApiClient } from '../../api-client.ts'
import type { Cli } from '../../cli.ts'
import { CliError } from '../../exit.ts'
import type { Input } from '../../input.ts'

/** Begins a deploy, shows what it prints (on stderr with --json), and ends as it does. */
export async function followBuild(cli: Cli, input: Input, app: string, body: NewBuild): Promise<void> {
  const api = await cli.api()
  const { build, deployment } = await api.call(releaseEndpoints.createBuild, { params: { app }, body })
  if (input.isOff('wait')) {
    if (input.flag('json')) return cli.json({ build, deployment })
    return cli.say(`Build ${build.id} began. Follow it: skypanel builds:log ${build.id} --app ${app}`)
  }
  await showLog(cli, api, app, build.id, input.flag('json'))
  const ended = await untilEnded(api, app, deployment, cli.signal)
  if (input.flag('json'))
    cli.json({
      build: await api.call(releaseEndpoints.build, { params: { app, build: build.id } }),
      deployment: ended,
    })
  if (ended.state === 'succeeded') return
  throw new CliError(
    'deploy_failed',
    `The deploy ${ended.state === 'canceled' ? 'was canceled' : 'failed'}: ${ended.reason ?? 'no reason is known'}`,
    {
      hint: 'What served before goes on serving.',
    },
  )
}

async function showLog(cli: Cli, api: ApiClient, app: string, build: string, aside: boolean): Promise<void> {
  let last = 0
  const stream = api.stream(
    releaseEndpoints.buildLog,
    { params: { app, build }, query: { after: 0 } },
    { complete: 'end', resume: () => ({ after: last }) },
  )
  for await (const { seq, text } of stream) {
    if (seq <= last) continue
    last = seq
    if (aside) cli.say(text)
    else cli.print(`${text}\n`)
  }
}

/** The log ends with the deployment, or a moment before. */
async function untilEnded(api: ApiClient, app: string, deployment: string, signal: AbortSignal) {
  for (;;) {
    const now = await api.call(releaseEndpoints.deployment, { params: { app, deployment } })
    if (now.finished_at !== null) return now
    await new Promise((resolve) => setTimeout(resolve, 200))
    signal.throwIfAborted()
  }
}
