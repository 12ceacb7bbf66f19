import { CliError, EXIT } from '../../exit.ts'

/** `v3` or `3`. */
export function parseVersion(text: string): number {
  const match = /^v?([1-9]\d{0,8})$/.exec(text)
  if (match?.[1] === undefined) {
    throw new CliError('usage', `${JSON.stringify(text)} is not a release.`, {
      hint: 'It looks like v3; see them all: skypanel releases',
      exit: EXIT.usage,
    })
  }
  return Number(match[1])
}
