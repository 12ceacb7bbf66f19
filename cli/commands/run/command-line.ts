const SAFE = /^[A-Za-z0-9_./:@%+=,^-]+$/

/**
 * The line that bash runs inside the instance. One word is a line already (`skypanel run 'ls | wc -l'`); several are
 * what the local shell took apart, so each is quoted to arrive as it is.
 */
export function commandLine(words: readonly string[]): string {
  const [only, ...more] = words
  if (only !== undefined && more.length === 0) return only
  return words.map((word) => (SAFE.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ')
}
