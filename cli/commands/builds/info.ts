import type { Build } from '../../../server/contract/releases.ts'
import type { Action } from '../../command.ts'
import { fields } from '../../output/table.ts'
import { formatTime } from '../../output/time.ts'
import { chooseBuild } from './choose-build.ts'

/** Where the code of a build came from, in words. */
export function sourceText(source: Build['source']): string {
  switch (source.kind) {
    case 'push':
      return 'git push'
    case 'upload':
      return source.label === null ? 'upload' : `upload ${source.label}`
    case 'git':
      return `${source.ref} of ${source.url}`
    case 'rebuild':
      return `build ${source.of} again${source.upgrade ? ', with the newest tools' : ''}`
  }
}

export const showBuild: Action = async (cli, input) => {
  const app = await cli.app()
  const api = await cli.api()
  const build = await chooseBuild(api, app, input.args[0])
  if (input.flag('json')) return cli.json(build)
  cli.print(`=== Build ${build.id}\n`)
  cli.print(
    fields([
      ['State', build.state],
      ...(build.reason === null ? [] : ([['Reason', build.reason]] as const)),
      ['Commit', build.commit ?? 'not known yet'],
      ['Source', sourceText(build.source)],
      ['Release', build.release === null ? 'none' : `v${build.release}`],
      ['Stack', build.stack],
      ['Detected', build.summary.join(', ')],
      ['By', build.author],
      ['Created', formatTime(build.created_at)],
      ['Finished', build.finished_at === null ? 'not yet' : formatTime(build.finished_at)],
    ]),
  )
}
