import type { AppId } from '../contract/ids.ts'
import { askUnix } from '../ipc/unix-request.ts'
import type { DeployContext } from './deploy-context.ts'

type Ctx = {
  readonly settings: Pick<DeployContext['settings'], 'logsSocket'>
  readonly log: DeployContext['log']
}

/** Puts lines of ours into an app's log. Nobody waits for it, and an app's log that is away stops nothing. */
export function tell(ctx: Ctx, app: AppId, process: string, ...texts: readonly string[]): void {
  if (texts.length === 0) return
  const body = { lines: texts.map((text) => ({ process, text: text.slice(0, 10_000) })) }
  askUnix({ socket: ctx.settings.logsSocket, method: 'POST', path: `/apps/${app}/lines`, body }).catch(
    (error: unknown) => ctx.log.warn({ app, error: String(error) }, 'a platform line did not reach the log'),
  )
}

export async function endLog(ctx: Ctx, app: AppId): Promise<void> {
  await askUnix({ socket: ctx.settings.logsSocket, method: 'DELETE', path: `/apps/${app}` })
}
