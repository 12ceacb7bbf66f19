/**
 * The words of a command that asks for nothing of a shell but quotes; null: it asks for more. `exec` in front is what a
 * shell would be told. Pure.
 */
export function commandWords(command: string): string[] | null {
  const words: string[] = []
  let rest = command.trim()
  while (rest !== '') {
    const [whole] = /^(?:'[^']*'|\\[^\n]|[^\s'"\\$`&|;<>(){}*?[\]~#!])+/.exec(rest) ?? []
    if (whole === undefined) return null
    words.push(
      whole.replaceAll(/'([^']*)'|\\(.)/g, (_, quoted?: string, letter?: string) => quoted ?? letter ?? ''),
    )
    const left = rest.slice(whole.length)
    if (left !== '' && !/^\s/.test(left)) return null
    rest = left.trimStart()
  }
  return words[0] === 'exec' ? words.slice(1) : words
}
