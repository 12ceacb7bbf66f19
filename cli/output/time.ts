const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
] as const

/** `2026-11-21 10:05:09 UTC`: sorts as text and means the same everywhere. */
export function formatTime(iso: string): string {
  return `${new Date(iso).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** `~ 5m ago`, the largest unit only. */
export function ago(iso: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(iso)) / 1000))
  for (const [unit, size] of UNITS) if (seconds >= size) return `~ ${Math.floor(seconds / size)}${unit} ago`
  return `~ ${seconds}s ago`
}
