/**
 * `config set K=V` means `config:set K=V` wherever there is such a command; `help config set` likewise. Only the first
 * two words are looked at, so arguments are never mistaken for a command.
 */
export function joinTopic(words: readonly string[], names: ReadonlySet<string>): string[] {
  const [first, second, ...rest] = words
  if (first === undefined) return []
  if (first === 'help') return ['help', ...joinTopic(words.slice(1), names)]
  if (second !== undefined && names.has(`${first}:${second}`)) return [`${first}:${second}`, ...rest]
  return [...words]
}
