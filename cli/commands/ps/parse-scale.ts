import { CliError, EXIT } from '../../exit.ts'

export interface ScaleUpdate {
  readonly type: string
  readonly quantity: number
  readonly size?: string
}

/** `web=2`, `web+1`, `web-1`, each with `:size` behind it. Relative quantities need what runs now. */
export function parseScale(
  words: readonly string[],
  now: readonly { type: string; quantity: number }[],
): ScaleUpdate[] {
  return words.map((word) => {
    const match = /^([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)([=+-])(\d{1,6})(?::([A-Za-z0-9._-]+))?$/.exec(word)
    if (match === null) {
      throw new CliError('usage', `${JSON.stringify(word)} is not a quantity.`, {
        hint: 'It looks like web=2, worker+1 or web=2:standard-1x',
        exit: EXIT.usage,
      })
    }
    const [, type = '', sign, digits = '0', size] = match
    const current = now.find((one) => one.type === type)?.quantity ?? 0
    const count = Number(digits)
    const quantity = sign === '=' ? count : sign === '+' ? current + count : Math.max(0, current - count)
    return { type, quantity, ...(size === undefined ? {} : { size }) }
  })
}
