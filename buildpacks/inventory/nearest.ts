import semver from 'semver'

/**
 * Up to four versions to name when none fits: the newest of the line that was asked for, and of the lines below and
 * above. `available` is sorted, the newest first.
 */
export function nearest(available: readonly string[], want: string): string[] {
  const wanted = semver.validRange(want) === null ? null : (semver.minVersion(want) ?? semver.coerce(want))
  const newestOf = new Map<number, string>()
  for (const version of available) {
    const major = semver.major(version)
    if (!newestOf.has(major)) newestOf.set(major, version)
  }
  const majors = [...newestOf.keys()]
  if (wanted === null) return majors.slice(0, 3).map((major) => newestOf.get(major) ?? '')
  const same = available.filter((version) => semver.major(version) === wanted.major)
  const below = same.find((version) => semver.lt(version, wanted))
  const above = same.findLast((version) => semver.gt(version, wanted))
  const lower = majors.filter((major) => major < wanted.major).slice(0, 1)
  const higher = majors.filter((major) => major > wanted.major).slice(-1)
  const named = [below, above, ...[...higher, ...lower].map((major) => newestOf.get(major))].filter(
    (version) => version !== undefined,
  )
  return [...new Set(named)]
}
