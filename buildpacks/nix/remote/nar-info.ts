/** What a binary cache says of a store path, as far as it has to be known to fetch it. Nix itself checks the rest. */
export interface NarInfo {
  /** Name of the archive in the cache. */
  readonly url: string
  /** Base names of store paths. */
  readonly references: readonly string[]
}

const BASE_NAME = /^([0-9a-z]{32})-[0-9A-Za-z+._?=-]+$/

/** The part of a store path (or of its base name) that caches name it by; null: it is none. */
export function hashPart(path: string): string | null {
  return BASE_NAME.exec(path.replace(/^\/nix\/store\//, ''))?.[1] ?? null
}

/** Null where the text names anything outside of a cache: what a bucket holds is not trusted to be well-formed. */
export function parseNarInfo(text: string): NarInfo | null {
  const field = (name: string) => new RegExp(`^${name}: *(.*)$`, 'm').exec(text)?.[1]?.trim()
  const url = field('URL')
  const references = (field('References') ?? '').split(' ').filter((name) => name !== '')
  if (url === undefined || !/^nar\/[0-9a-z]{32,64}\.nar(?:\.[a-z0-9]+)?$/.test(url)) return null
  return references.every((name) => BASE_NAME.test(name)) ? { url, references } : null
}
