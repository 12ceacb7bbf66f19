import { MAX_VOLUME_MB, MIN_VOLUME_MB } from '../../../server/contract/volumes.ts'
import { CliError, EXIT } from '../../exit.ts'
import type { Input } from '../../input.ts'

/** `1GB` → 1024. Throws a usage error for everything that is no size of a volume. */
export function sizeOf(input: Input): number {
  const text = input.text('size')
  const [, number, unit = ''] = /^(\d{1,7}(?:\.\d{1,3})?)\s*(mb?|gb?|tb?)$/i.exec((text ?? '').trim()) ?? []
  const factor = { m: 1, g: 1024, t: 1024 * 1024 }[unit[0]?.toLowerCase() ?? ''] ?? 0
  const mb = Math.round(Number(number ?? 0) * factor)
  if (mb >= MIN_VOLUME_MB && mb <= MAX_VOLUME_MB) return mb
  throw new CliError(
    'usage',
    text === undefined ? '--size is missing.' : `${JSON.stringify(text)} is no size of a volume.`,
    {
      hint: `It looks like --size 1GB or --size 512MB; the smallest is ${MIN_VOLUME_MB}MB`,
      exit: EXIT.usage,
    },
  )
}

export const showSize = (mb: number): string => (mb % 1024 === 0 ? `${mb / 1024} GB` : `${mb} MB`)
