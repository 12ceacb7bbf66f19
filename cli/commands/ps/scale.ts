import { type Formation, formationEndpoints } from '../../../server/contract/formation.ts'
import type { Action } from '../../command.ts'
import { parseScale } from './parse-scale.ts'

const line = (formation: readonly Formation[]) =>
  formation.map(({ type, quantity, size }) => `${type}=${quantity}:${size}`).join(' ')

export const scale: Action = async (cli, input) => {
  const params = { app: await cli.app() }
  const api = await cli.api()
  // Bad words fail before anything is asked of the platform.
  parseScale(input.args, [])
  const relative = input.args.some((word) => !word.includes('='))
  const now = input.args.length === 0 || relative ? await api.call(formationEndpoints.list, { params }) : []
  if (input.args.length === 0) {
    if (input.flag('json')) cli.json(now)
    else cli.print(`${line(now)}\n`)
    return
  }
  const updates = parseScale(input.args, now)
  const names = updates.map(({ type }) => type)
  const formation = await cli.progress(
    `Scaling ${names.join(', ')}`,
    () => api.call(formationEndpoints.scale, { params, body: { updates } }),
    (all) => {
      const changed = all.filter(({ type }) => names.includes(type))
      return `done, now running ${changed.map(({ type, quantity, size }) => `${type} at ${quantity}:${size}`).join(', ')}`
    },
  )
  if (input.flag('json')) cli.json(formation)
}
