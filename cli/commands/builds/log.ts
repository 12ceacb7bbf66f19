import { releaseEndpoints } from '../../../server/contract/releases.ts'
import type { Action } from '../../command.ts'
import { chooseBuild } from './choose-build.ts'

export const showBuildLog: Action = async (cli, input) => {
  const app = await cli.app()
  const api = await cli.api()
  const { id } = await chooseBuild(api, app, input.args[0])
  const kept: string[] = []
  // What was last printed: a resumed stream may begin before it.
  let last = 0
  const stream = api.stream(
    releaseEndpoints.buildLog,
    { params: { app, build: id }, query: { after: 0 } },
    { complete: 'end', resume: () => ({ after: last }) },
  )
  for await (const { seq, text } of stream) {
    if (seq <= last) continue
    last = seq
    if (input.flag('json')) kept.push(text)
    else cli.print(`${text}\n`)
  }
  if (input.flag('json')) cli.json({ build: id, lines: kept })
}
