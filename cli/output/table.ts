/** Columns as wide as their longest cell, two blanks between; the last one is not padded, so lines can be cut. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => width(row[column] ?? ''))))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - width(cell)),
      )
      .join('  ')
      .trimEnd()
  return all.map((row) => line(row) + '\n').join('')
}

/** `Name:  value` lines with the values aligned. */
export function fields(pairs: readonly (readonly [string, string])[]): string {
  const longest = Math.max(...pairs.map(([name]) => width(name)))
  return pairs
    .map(([name, value]) => `${name}:${' '.repeat(longest - width(name) + 1)}${value}`.trimEnd() + '\n')
    .join('')
}

const width = (text: string): number => Array.from(text).length
