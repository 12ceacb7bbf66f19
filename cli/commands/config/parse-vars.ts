import { CliError, EXIT } from '../../exit.ts'

/** `K=V` words. Names are left to the platform to judge; only what cannot be a pair is refused here. */
export function parseVars(words: readonly string[]): Record<string, string> {
  const vars: Record<string, string> = {}
  for (const word of words) {
    const equals = word.indexOf('=')
    if (equals < 1) {
      // The word itself may be a secret that somebody pasted, so it is not repeated.
      throw new CliError(
        'usage',
        `Config vars look like NAME=value; argument ${words.indexOf(word) + 1} does not.`,
        {
          hint: 'Type: skypanel config:set NAME=value',
          exit: EXIT.usage,
        },
      )
    }
    vars[word.slice(0, equals)] = word.slice(equals + 1)
  }
  return vars
}

/** Lines of `NAME=value` as `.env` files have them: blank lines and # comments are skipped, outer quotes removed. */
export function parseEnvFile(text: string): Record<string, string> {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim().replace(/^export\s+/, ''))
    .filter((line) => line !== '' && !line.startsWith('#'))
  const vars = parseVars(lines)
  return Object.fromEntries(Object.entries(vars).map(([name, value]) => [name.trim(), unquote(value.trim())]))
}

function unquote(value: string): string {
  const single = /^'(.*)'$/s.exec(value)
  if (single?.[1] !== undefined) return single[1]
  const double = /^"(.*)"$/s.exec(value)
  return double?.[1] === undefined ? value : double[1].replaceAll('\\n', '\n').replaceAll('\\"', '"')
}
