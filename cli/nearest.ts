/** Edit distance with neighbouring letters swapped counted as one, which is what fingers do. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)]
  const at = (row: number, column: number): number => rows[row]?.[column] ?? 0
  for (let row = 1; row <= a.length; row += 1) {
    const next = [row]
    rows.push(next)
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1] ? 0 : 1
      let best = Math.min(
        at(row - 1, column) + 1,
        (next[column - 1] ?? 0) + 1,
        at(row - 1, column - 1) + same,
      )
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      if (swapped) best = Math.min(best, at(row - 2, column - 2) + 1)
      next.push(best)
    }
  }
  return at(a.length, b.length)
}

/** The name that was probably meant, or nothing when all are too far away. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3))
  let best: { name: string; distance: number } | undefined
  for (const name of names) {
    const apart = distance(word, name)
    if (apart <= limit && (best === undefined || apart < best.distance)) best = { name, distance: apart }
  }
  return best?.name
}
