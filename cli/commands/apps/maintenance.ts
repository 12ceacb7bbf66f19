import { appEndpoints } from '../../../server/contract/apps.ts'
import type { Action } from '../../command.ts'

export const showMaintenance: Action = async (cli, input) => {
  const app = await cli.app()
  const api = await cli.api()
  const { maintenance } = await api.call(appEndpoints.info, { params: { app } })
  if (input.flag('json')) cli.json({ maintenance })
  else cli.print(`${maintenance ? 'on' : 'off'}\n`)
}

const switchTo =
  (maintenance: boolean): Action =>
  async (cli, input) => {
    const app = await cli.app()
    const api = await cli.api()
    const title = `${maintenance ? 'Enabling' : 'Disabling'} maintenance mode for ${app}`
    const updated = await cli.progress(title, () =>
      api.call(appEndpoints.update, { params: { app }, body: { maintenance } }),
    )
    if (input.flag('json')) cli.json({ maintenance: updated.maintenance })
  }

export const enableMaintenance = switchTo(true)
export const disableMaintenance = switchTo(false)
