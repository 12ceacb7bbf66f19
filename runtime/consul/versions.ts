/** `1.20.1`, `v1.24`, `go1.26.8` → [1, 20, 1]; null for what is no version. */
export function parseVersion(text: string): readonly [number, number, number] | null {
  const found = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text)
  return found === null ? null : [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)]
}

/** Whether the version in `text` is `wanted` or newer. */
export function atLeast(text: string, wanted: string): boolean {
  const have = parseVersion(text)
  const need = parseVersion(wanted)
  if (have === null || need === null) return false
  for (const place of [0, 1, 2] as const) if (have[place] !== need[place]) return have[place] > need[place]
  return true
}
