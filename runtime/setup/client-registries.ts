import type { Registries } from '../../buildpacks/registries.ts'

/** `[section] key = value` files as pip reads them; a value may go on in indented lines. Pure. */
export function parseIni(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>()
  let section = ''
  let key = ''
  for (const line of text.split('\n')) {
    if (/^\s*([#;].*)?$/.test(line)) continue
    const header = /^\[(.+)\]\s*$/.exec(line)
    const pair = /^([A-Za-z][\w-]*)\s*[=:]\s*(.*)$/.exec(line)
    if (header?.[1] !== undefined) section = header[1]
    else if (/^\s/.test(line) && key !== '') found.get(key)?.push(line.trim())
    else if (pair?.[1] !== undefined) {
      key = `${section}.${pair[1]}`
      found.set(key, pair[2] === undefined || pair[2] === '' ? [] : [pair[2].trim()])
    }
  }
  return found
}

/** pip's index, from its environment variables first, then its files (the last one wins). Pure. */
export function pipRegistry(
  files: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Registries['pip'] {
  let indexUrl: string | null = null
  let extraIndexUrls: string[] = []
  for (const settings of files.map(parseIni)) {
    for (const section of ['global', 'install']) {
      indexUrl = settings.get(`${section}.index-url`)?.[0] ?? indexUrl
      extraIndexUrls = settings.get(`${section}.extra-index-url`) ?? extraIndexUrls
    }
  }
  const words = (text: string) => text.split(/\s+/).filter((word) => word !== '')
  return {
    indexUrl: env['PIP_INDEX_URL'] || indexUrl,
    extraIndexUrls: words(env['PIP_EXTRA_INDEX_URL'] || extraIndexUrls.join(' ')),
  }
}

/** The index that pip has by itself, as its own source states it; null when it is written in another way. Pure. */
export function pipOwnIndex(source: string): string | null {
  const base = /^PyPI\s*=\s*PackageIndex\(\s*["'](https:\/\/[^"']+)["']/m.exec(source)?.[1]
  return base === undefined ? null : `${base.replace(/\/+$/, '')}/simple`
}

interface AptSource {
  readonly uri: string
  readonly suites: readonly string[]
  readonly components: readonly string[]
}

/** apt's sources in both of its formats. Pure. */
export function parseAptSources(oneLine: readonly string[], deb822: readonly string[]): AptSource[] {
  const found: AptSource[] = []
  for (const line of oneLine.flatMap((text) => text.split('\n'))) {
    const match = /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s*(.*)$/.exec(line.trim())
    if (match?.[1] !== undefined && match[2] !== undefined) {
      found.push({ uri: match[1], suites: [match[2]], components: (match[3] ?? '').split(/\s+/) })
    }
  }
  for (const stanza of deb822.flatMap((text) => text.split(/\n\s*\n/))) {
    const fields = new Map<string, string>()
    let key = ''
    for (const line of stanza.split('\n')) {
      if (line.startsWith('#')) continue
      const pair = /^([A-Za-z-]+):\s*(.*)$/.exec(line)
      if (pair?.[1] !== undefined) {
        key = pair[1].toLowerCase()
        fields.set(key, pair[2] ?? '')
      } else if (key !== '') fields.set(key, `${fields.get(key) ?? ''} ${line.trim()}`)
    }
    const words = (name: string) => (fields.get(name) ?? '').split(/\s+/).filter((word) => word !== '')
    if (!words('types').includes('deb') || fields.get('enabled')?.toLowerCase() === 'no') continue
    for (const uri of words('uris'))
      found.push({ uri, suites: words('suites'), components: words('components') })
  }
  return found
}

const withoutSlash = (uri: string) => uri.replace(/\/+$/, '')

/** The archive and the security archive of Debian among apt's sources, told by their suites. Pure. */
export function debianArchives(sources: readonly AptSource[], codename: string): Registries['apt'] | null {
  const having = (wanted: (suite: string) => boolean) =>
    sources.find((source) => source.suites.some(wanted) && source.components.includes('main'))?.uri
  const archive = having((suite) => suite === codename || suite === 'stable')
  const security = having((suite) => suite === `${codename}-security` || suite === 'stable-security')
  if (archive === undefined) return null
  return { archive: withoutSlash(archive), security: security === undefined ? null : withoutSlash(security) }
}

/**
 * What the operator says of images: `SKYPANEL_IMAGE_ALIASES` is `name=name` with spaces or commas between,
 * `SKYPANEL_IMAGE_REGISTRIES` registries without TLS, `host:port`. Not said means: as before. Pure; throws where it is
 * said in another way.
 */
export function imagesOf(
  env: Readonly<Record<string, string | undefined>>,
  before: Registries['images'],
): Pick<Registries, 'images'> {
  const words = (text: string) => text.split(/[\s,]+/).filter((word) => word !== '')
  const { SKYPANEL_IMAGE_ALIASES: names, SKYPANEL_IMAGE_REGISTRIES: places } = env
  const pairs = words(names ?? '').map((word) => word.split('='))
  const odd = pairs.find((pair) => pair.length !== 2 || pair.includes(''))
  if (odd !== undefined)
    throw new Error(
      `SKYPANEL_IMAGE_ALIASES holds "${odd.join('=')}". Write it as in node:22-alpine=node:22-slim, with spaces between.`,
    )
  const strange = words(places ?? '').find((place) => !/^[\w.-]+:\d+$/.test(place))
  if (strange !== undefined)
    throw new Error(`SKYPANEL_IMAGE_REGISTRIES holds "${strange}". Write it as in registry.internal:5000.`)
  const aliases = names === undefined ? before?.aliases : Object.fromEntries(pairs)
  const insecure = places === undefined ? before?.insecure : words(places)
  return aliases === undefined && insecure === undefined
    ? {}
    : { images: { aliases: aliases ?? {}, insecure: insecure ?? [] } }
}
