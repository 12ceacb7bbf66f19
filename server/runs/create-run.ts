import type { AppId, InstanceId } from '../contract/ids.ts'
import type { Run } from '../contract/runs.ts'
import { holdApp } from '../deploy/begin-work.ts'
import type { Actor, RunInput } from '../deploy/deploy.ts'
import type { DeployContext } from '../deploy/deploy-context.ts'
import { runContext } from '../deploy/instance-spec.ts'
import { DomainError } from '../domain/errors.ts'
import { SIZES, sizeName } from '../domain/sizes.ts'
import { withRoom } from '../nodes/room.ts'
import type { Tx } from '../store/db.ts'
import { writeJournal } from '../store/deployments.ts'
import { insertInstance } from '../store/instances.ts'
import { currentRelease } from '../store/releases.ts'

/** A size by its name; null: the default. Errors: invalid_params. */
export function chosenSize(text: string | undefined): string | null {
  const size = text === undefined ? null : sizeName(text)
  if (text !== undefined && size === null)
    throw new DomainError(
      'invalid_params',
      `There is no size ${text}. There are: ${Object.keys(SIZES).join(', ')}.`,
    )
  return size
}

/** A one-off instance of the release that serves; it is started when the transaction commits. */
export async function createRun(
  ctx: Pick<DeployContext, 'newId' | 'bus' | 'seal' | 'settings'>,
  tx: Tx,
  app: AppId,
  actor: Actor,
  input: RunInput,
): Promise<Run> {
  const { name } = await holdApp(tx, app)
  const release = await currentRelease(tx, app)
  if (release === null)
    throw new DomainError(
      'no_release',
      `${name} has no release yet, so there is nothing to run it in. Push first.`,
    )
  const id = ctx.newId<InstanceId>()
  const env = ctx.seal.seal(JSON.stringify(input.env), runContext(app, id)).toString('base64')
  const size = chosenSize(input.size)
  const number = await withRoom(tx, ctx.settings, () =>
    insertInstance(tx, {
      id,
      app,
      release: release.id,
      deployment: null,
      type: 'run',
      kind: 'run',
      generation: 0,
      command: input.command,
      run: { pty: input.pty, attach: input.attach, env, ...(size === null ? {} : { size }) },
    }),
  )
  await writeJournal(tx, { app, instance: id, step: 'run', detail: { by: actor.email } })
  await ctx.bus.announce(tx, { app })
  return {
    id,
    name: `run.${number}`,
    command: input.command,
    attach_path: input.attach ? `/apps/${app}/runs/${id}/attach` : null,
  }
}
