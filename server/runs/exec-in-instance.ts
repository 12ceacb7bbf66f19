import type { AppId } from '../contract/ids.ts'
import type { Exec } from '../contract/runs.ts'
import type { ExecInput } from '../deploy/deploy.ts'
import type { DeployContext } from '../deploy/deploy-context.ts'
import { NodeError } from '../deploy/node-client.ts'
import { DomainError } from '../domain/errors.ts'
import type { Sql } from '../store/db.ts'
import { findOpenInstance, getInstance } from '../store/instances.ts'

/** Held while the app's row is: a node that does not answer must not keep a deploy waiting for long. */
const NODE_MS = 5000

/** Has the node take a command for a running instance, named or by id; it begins when its stream is joined. */
export async function execInInstance(
  ctx: Pick<DeployContext, 'node'>,
  sql: Sql,
  app: AppId,
  instance: string,
  input: ExecInput,
): Promise<Exec> {
  const found = await findOpenInstance(sql, app, instance)
  if (found === null)
    throw new DomainError(
      'not_found',
      `There is no instance ${instance.slice(0, 100)}. List them with: skypanel ps`,
    )
  const name = `${found.type}.${found.number}`
  if (found.phase === 'intended' || found.status === 'exited')
    throw new DomainError('conflict', `${name} does not run at the moment. Look at it with: skypanel ps`)
  const { command, env, pty } = input
  const { exec } = await ctx.node
    .call('exec', { instance: found.id, command, env, pty }, { timeout: NODE_MS })
    .catch((error: unknown) => {
      if (!(error instanceof NodeError) || error.id !== 'unknown_instance') throw error
      throw new DomainError('conflict', `${name} has ended. Look at the instances with: skypanel ps`)
    })
  const path = `/apps/${app}/instances/${found.id}/exec/${exec}/attach`
  return { id: exec, instance: name, attach_path: path }
}

/** Where the bytes of a command inside of an instance are. */
export async function execPath(
  ctx: Pick<DeployContext, 'db' | 'node'>,
  app: AppId,
  instance: string,
  exec: string,
): Promise<{ readonly socket: string; readonly path: string }> {
  const row = await getInstance(ctx.db, instance)
  if (row === null || row.app_id !== app) throw new DomainError('not_found', 'There is no such instance.')
  if (row.phase === 'ended') throw new DomainError('conflict', 'The instance has ended.')
  return { socket: ctx.node.socket, path: `/v1/exec/${row.id}/${exec}` }
}
