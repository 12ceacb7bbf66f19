import { volumeEndpoints } from '../../../server/contract/volumes.ts'
import type { Action } from '../../command.ts'
import { confirmed } from './confirm.ts'

export const takeSnapshot: Action = async (cli, input) => {
  const volume = input.required(0)
  const app = await cli.app()
  const api = await cli.api()
  const after = await cli.progress(`Copying ${volume}`, () =>
    api.call(volumeEndpoints.snapshot, { params: { app, volume } }),
  )
  if (input.flag('json')) return cli.json(after)
  const name = after.snapshots
    .map((one) => one.name)
    .toSorted()
    .at(-1)
  if (name !== undefined)
    cli.say(`It is kept as ${name}. Bring it back: skypanel volumes:restore ${volume} ${name}`)
}

export const restoreSnapshot: Action = async (cli, input) => {
  const volume = input.required(0)
  const snapshot = input.required(1)
  const app = await cli.app()
  const api = await cli.api()
  const confirm = await confirmed(input, volume, `What ${volume} of ${app} holds now is lost.`)
  const after = await cli.progress(`Restoring ${volume} to ${snapshot}`, () =>
    api.call(volumeEndpoints.restore, { params: { app, volume, snapshot }, query: { confirm } }),
  )
  if (input.flag('json')) cli.json(after)
}

export const removeSnapshot: Action = async (cli, input) => {
  const volume = input.required(0)
  const snapshot = input.required(1)
  const app = await cli.app()
  const api = await cli.api()
  const after = await cli.progress(`Destroying the snapshot ${snapshot} of ${volume}`, () =>
    api.call(volumeEndpoints.removeSnapshot, { params: { app, volume, snapshot } }),
  )
  if (input.flag('json')) cli.json(after)
}
