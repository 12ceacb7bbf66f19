/** Where build outputs are kept besides the store of this machine. */
export type RemotePlace =
  | {
      readonly kind: 's3'
      readonly endpoint: string
      readonly bucket: string
      /** Before each name; empty or with a slash at its end. */
      readonly prefix: string
      readonly region: string
    }
  /** Anything that Nix itself can talk to. */
  | { readonly kind: 'nix'; readonly url: string }

/**
 * Reads `s3://BUCKET[/PREFIX]?endpoint=https://HOST[:PORT]&region=REGION`, `file:///FOLDER` or `http(s)://…`, a Nix
 * binary cache. Throws with what is wrong; an address with a password in it is refused, since it would be printed.
 */
export function parseRemotePlace(text: string): RemotePlace {
  const refuse = (why: string) => new Error(`The address of the build cache, "${withoutUser(text)}", ${why}.`)
  if (!URL.canParse(text)) throw refuse('is no URL')
  const url = new URL(text)
  if (url.username !== '' || url.password !== '')
    throw refuse('holds credentials: put them into the file that SKYPANEL_CACHE_CREDENTIALS names')
  if (['file:', 'http:', 'https:'].includes(url.protocol)) return { kind: 'nix', url: text }
  if (url.protocol !== 's3:') throw refuse('begins with none of s3:, file:, http:, https:')
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(url.hostname)) throw refuse('names no bucket')
  const region = url.searchParams.get('region') ?? 'us-east-1'
  const endpoint = url.searchParams.get('endpoint') ?? `https://s3.${region}.amazonaws.com`
  if (!/^https?:\/\/[^/?#@]+\/?$/.test(endpoint))
    throw refuse('needs an endpoint of the form https://HOST[:PORT]')
  const prefix = url.pathname.replaceAll(/^\/+|\/+$/g, '')
  return {
    kind: 's3',
    endpoint: endpoint.replace(/\/$/, ''),
    bucket: url.hostname,
    prefix: prefix === '' ? '' : `${prefix}/`,
    region,
  }
}

const withoutUser = (text: string) => text.replace(/\/\/[^/@]*@/, '//…@')
