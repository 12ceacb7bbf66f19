import type { AppId } from '../contract/ids.ts'
import type { DeployContext } from '../deploy/deploy-context.ts'
import { listenFor } from '../deploy/pause.ts'
import { DomainError } from '../domain/errors.ts'
import { getInstance } from '../store/instances.ts'

const LOOK = 200

/** Where the bytes of an attached run are, once its node has it. */
export async function attachRun(
  ctx: Pick<DeployContext, 'db' | 'bus' | 'node'>,
  app: AppId,
  run: string,
  signal: AbortSignal,
): Promise<{ readonly socket: string; readonly path: string }> {
  using news = listenFor(ctx.bus, (what) => 'app' in what && what.app === app)
  for (;;) {
    signal.throwIfAborted()
    const row = await getInstance(ctx.db, run)
    if (row === null || row.app_id !== app || row.kind !== 'run')
      throw new DomainError('not_found', 'There is no such run.')
    if (row.run?.attach !== true)
      throw new DomainError(
        'conflict',
        'The run was started detached; look at its output with: skypanel logs',
      )
    if (row.phase === 'ended') {
      throw new DomainError('conflict', `The run has ended. ${row.exit?.message ?? ''}`.trim())
    }
    if (row.phase !== 'intended') return { socket: ctx.node.socket, path: `/v1/attach/${row.id}` }
    await news.wait(LOOK, signal)
  }
}
