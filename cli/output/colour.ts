import type { ChalkInstance } from 'chalk'

/** Six that are legible on dark and on light ground. */
const PROCESS_COLOURS = ['cyan', 'yellow', 'green', 'magenta', 'blue', 'red'] as const
export type ProcessColour = (typeof PROCESS_COLOURS)[number]

/** The same process type has the same colour in every run; neighbours such as web.1 and web.2 differ. */
export function colourOf(process: string): ProcessColour {
  const [type = '', number = '0'] = process.split('.')
  let hash = Number.parseInt(number, 10) || 0
  for (const letter of type) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0
  return PROCESS_COLOURS[hash % PROCESS_COLOURS.length] ?? 'cyan'
}

/** chalk for one stream: plain unless it is a terminal that wants colours. */
export async function colours(
  stream: { readonly isTTY?: boolean },
  noColour: boolean,
): Promise<ChalkInstance> {
  const { Chalk } = await import('chalk')
  return new Chalk(stream.isTTY === true && !noColour ? {} : { level: 0 })
}
