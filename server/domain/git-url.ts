/** Where a source is fetched from, as it may be kept and shown; what opens it stands apart. */
export interface GitSource {
  readonly url: string
  /** `user:secret`, or null. */
  readonly credentials: string | null
}

export type ParsedGitUrl = ({ readonly ok: true } & GitSource) | { readonly ok: false; readonly why: string }

const LOCATION =
  /^(https?):\/\/(?:([^@/?#\s]*)@)?([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?(\/[^\s?#]*)$/

/**
 * Takes the address of a git repository apart. Only what is fetched by https can be checked and held within limits; http
 * is left to the operator (`allowed` hosts), everything else is refused. Pure.
 */
export function parseGitUrl(text: string, allowed: readonly string[]): ParsedGitUrl {
  const refuse = (why: string): ParsedGitUrl => ({ ok: false, why })
  if (/[\p{Cc}\s\\]/u.test(text)) return refuse('it has a character that no address has')
  const [, scheme, user, host = '', port = '', path = ''] = LOCATION.exec(text) ?? []
  if (scheme === undefined)
    return refuse(
      'only https addresses of git repositories are fetched, e.g. https://git.example.com/me/app.git',
    )
  const name = host.toLowerCase()
  if (scheme === 'http' && !allowed.includes(name) && !allowed.includes(`${name}${port}`))
    return refuse('it would be fetched by plain http; use https')
  if (path.split('/').includes('..')) return refuse('its path leads upwards')
  return {
    ok: true,
    url: `${scheme}://${name}${port}${path}`,
    credentials: user === undefined || user === '' ? null : decoded(user),
  }
}

function decoded(user: string): string {
  const text = user.includes(':') ? user : `${user}:`
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A branch, a tag or a whole commit id that git takes for nothing else. Pure. */
export const isRefName = (ref: string): boolean =>
  ref === 'HEAD' ||
  (/^[A-Za-z0-9_][A-Za-z0-9._/+@-]{0,199}$/.test(ref) && !/\.\.|@\{|\/\/|\.lock(\/|$)|\/$|\.$|\/\./.test(ref))
