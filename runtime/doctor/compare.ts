import type { HostTable } from '../../server/contract/directory.ts'

type Hosts = HostTable['hosts']

/** Where the directory and the database disagree about hosts, in words. Pure. */
export function compareHosts(served: Hosts, recorded: Hosts): string[] {
  const missing = Object.keys(recorded).filter((host) => !(host in served))
  const extra = Object.keys(served).filter((host) => !(host in recorded))
  const other = Object.keys(recorded).filter((host) => {
    const [is, should] = [served[host], recorded[host]]
    return is !== undefined && (is.app !== should?.app || is.maintenance !== should.maintenance)
  })
  return [
    ...missing.map((host) => `${host} is not served`),
    ...extra.map((host) => `${host} is served and belongs to no app`),
    ...other.map((host) => `${host} is served as another app, or in another mode`),
  ]
}

export interface KeptBuilds {
  readonly kept: readonly string[]
  /** Not ended: they may or may not have a root yet. */
  readonly working: readonly string[]
}

/**
 * `missing`: builds that a release needs and the store may have let go. `extra`: what a collection will take, which
 * is a fault only when it stays. Pure.
 */
export function compareRoots(
  rooted: readonly string[],
  { kept, working }: KeptBuilds,
): { readonly missing: string[]; readonly extra: string[] } {
  const has = new Set(rooted)
  const known = new Set([...kept, ...working])
  return {
    missing: kept.filter((build) => !has.has(build)),
    extra: rooted.filter((build) => !known.has(build)),
  }
}

/** `extra`: what lies on the disk as `<app>/<volume>` and the database does not know. Pure. */
export function compareVolumes(
  there: readonly { readonly app: string; readonly volume: string }[],
  recorded: readonly string[],
): { readonly missing: string[]; readonly extra: string[] } {
  const has = new Set(there.map(({ volume }) => volume))
  const known = new Set(recorded)
  return {
    missing: recorded.filter((volume) => !has.has(volume)),
    extra: there.flatMap(({ app, volume }) => (known.has(volume) ? [] : [`${app}/${volume}`])),
  }
}
