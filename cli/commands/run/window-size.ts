/** The size of this terminal; one that does not know its own says 0, which no program can work with. */
export function windowSize(): { rows: number; columns: number } {
  return { rows: process.stdout.rows || 24, columns: process.stdout.columns || 80 }
}
