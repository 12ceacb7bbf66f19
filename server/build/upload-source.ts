import type { Readable } from 'node:stream'
import type { AppId } from '../contract/ids.ts'
import type { Upload } from '../contract/releases.ts'
import type { Actor } from '../deploy/deploy.ts'
import type { DeployContext } from '../deploy/deploy-context.ts'

/** Takes an archive in, to be built from within a day. Errors: bad_request, too_large, build_failed. */
export async function uploadSource(
  ctx: Pick<DeployContext, 'newId' | 'git'>,
  app: AppId,
  actor: Actor,
  archive: Readable,
  signal: AbortSignal,
): Promise<Upload> {
  const id = ctx.newId<string>()
  const author = `${actor.email.split('@', 1)[0] ?? ''} <${actor.email.replaceAll(/[<>]/g, '')}>`
  return { id, ...(await ctx.git.upload(app, { id, author, archive }, signal)) }
}
