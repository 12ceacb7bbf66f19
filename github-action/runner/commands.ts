/**
 * What a runner reads on stdout and in its files. Everything here is text in, text out; the forms are GitHub's
 * "workflow commands" and "environment files".
 */
export type Level = 'error' | 'warning' | 'notice'

export interface Place {
  /** Relative to the workspace, with slashes. */
  readonly file: string
  readonly line: number
  readonly column?: number
}

const escapeData = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')

const escapeProperty = (text: string): string =>
  escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')

export function command(
  name: string,
  data: string,
  properties: Readonly<Record<string, string>> = {},
): string {
  const list = Object.entries(properties)
    .map(([key, value]) => `${key}=${escapeProperty(value)}`)
    .join(',')
  return `::${name}${list === '' ? '' : ` ${list}`}::${escapeData(data)}`
}

/** Shown beside the code when it has a place, and above the log of the run in any case. */
export function annotation(level: Level, title: string, message: string, place?: Place): string {
  return command(level, message, {
    ...(place === undefined
      ? {}
      : {
          file: place.file,
          line: String(place.line),
          ...(place.column === undefined ? {} : { col: String(place.column) }),
        }),
    title,
  })
}

/** From here to `resume(token)` the runner takes no command, whatever the lines between look like. */
export const stop = (token: string): string => command('stop-commands', token)
export const resume = (token: string): string => `::${token}::`

/** Commands stand at the beginning of a line (`::name::`), those of the first form anywhere (`##[name]`). */
export const plainLine = (text: string): string =>
  text
    .replace(/\s*[\r\n]+\s*/g, ' ')
    .replace(/^\s*:(?=:)/, ': ')
    .replaceAll('##[', '## [')

/** One output as GITHUB_OUTPUT takes it. The delimiter must be one that nobody could have foreseen. */
export function outputEntry(name: string, value: string, delimiter: string): string {
  if (name.includes(delimiter) || value.includes(delimiter))
    throw new Error(`the output ${name} contains its own delimiter`)
  return `${name}<<${delimiter}\n${value}\n${delimiter}\n`
}
