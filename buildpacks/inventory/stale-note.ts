import type { Note } from '../plan.ts'

/** Says that a choice was made from what the registry said earlier. */
export function staleNote(tool: string, staleSince: number | null, now: number): Note[] {
  if (staleSince === null) return []
  const hours = Math.max(1, Math.round((now - staleSince) / 3_600_000))
  const message = `The package registry did not answer; the version of ${tool} was chosen from what it said ${hours} h ago.`
  return [{ level: 'warn', code: 'versions.stale', message }]
}
