import { type Volume, volumeEndpoints } from '../../../server/contract/volumes.ts'
import type { Action } from '../../command.ts'
import { CliError, EXIT } from '../../exit.ts'
import { table } from '../../output/table.ts'
import { confirmed } from './confirm.ts'
import { showSize, sizeOf } from './size.ts'

const row = (one: Volume) => [
  one.name,
  showSize(one.size_mb),
  one.mount,
  one.type,
  one.attached ?? '',
  one.snapshots.map(({ name, mb }) => `${name} (${mb} MB)`).join(', '),
]

export const listVolumes: Action = async (cli, input) => {
  const app = await cli.app()
  const api = await cli.api()
  const volumes = await api.call(volumeEndpoints.list, { params: { app } })
  if (input.flag('json')) return cli.json(volumes)
  if (volumes.length === 0) return cli.say(`${app} has no volumes.`)
  cli.print(table(['VOLUME', 'SIZE', 'MOUNT', 'TYPE', 'IN USE BY', 'SNAPSHOTS'], volumes.map(row)))
}

export const createVolume: Action = async (cli, input) => {
  const name = input.required(0)
  const size = sizeOf(input)
  const mount = input.text('mount')
  const type = input.text('type')
  if (mount === undefined)
    throw new CliError('usage', '--mount is missing.', { hint: 'e.g. --mount /app/data', exit: EXIT.usage })
  const app = await cli.app()
  const api = await cli.api()
  const volume = await cli.progress(`Making ${name} with ${showSize(size)}`, () =>
    api.call(volumeEndpoints.create, {
      params: { app },
      body: { name, mount, size_mb: size, ...(type === undefined ? {} : { type }) },
    }),
  )
  if (input.flag('json')) return cli.json(volume)
  cli.say(`Instances of ${volume.type} have it at ${volume.mount} from their next start: skypanel restart`)
}

export const growVolume: Action = async (cli, input) => {
  const volume = input.required(0)
  const size = sizeOf(input)
  const app = await cli.app()
  const api = await cli.api()
  const grown = await cli.progress(`Growing ${volume} to ${showSize(size)}`, () =>
    api.call(volumeEndpoints.grow, { params: { app, volume }, body: { size_mb: size } }),
  )
  if (input.flag('json')) return cli.json(grown)
  if (grown.live === false)
    cli.say(
      `This machine cannot grow a disk in use; it has its new size from the next start: skypanel restart`,
    )
}

export const destroyVolume: Action = async (cli, input) => {
  const volume = input.required(0)
  const app = await cli.app()
  const api = await cli.api()
  const confirm = await confirmed(
    input,
    volume,
    `This destroys the volume ${volume} of ${app} with its snapshots.`,
  )
  const gone = await cli.progress(`Destroying ${volume}`, () =>
    api.call(volumeEndpoints.destroy, { params: { app, volume }, query: { confirm } }),
  )
  if (input.flag('json')) cli.json(gone)
}
