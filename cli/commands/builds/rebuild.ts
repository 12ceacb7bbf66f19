import { BuildId } from '../../../server/contract/ids.ts'
import type { Action } from '../../command.ts'
import { CliError } from '../../exit.ts'
import { followBuild } from './follow-build.ts'

export const rebuild: Action = async (cli, input) => {
  const [named] = input.args
  const build = BuildId.safeParse(named)
  if (named !== undefined && !build.success) {
    throw new CliError('build_not_found', `${JSON.stringify(named)} is no build.`, {
      hint: 'See the builds: skypanel builds',
    })
  }
  const upgrade = input.flag('upgrade')
  const app = await cli.app()
  const source = build.success
    ? ({ kind: 'build', build: build.data, upgrade } as const)
    : ({ kind: 'build', upgrade } as const)
  await followBuild(cli, input, app, { source })
}
