/** What became of `git push --porcelain` of one ref. */
export type PushOutcome =
  | { readonly kind: 'accepted' }
  /** The branch names this commit already; the platform was asked for nothing. */
  | { readonly kind: 'up-to-date' }
  /** Refused because history is missing here. */
  | { readonly kind: 'shallow' }
  | { readonly kind: 'rejected'; readonly reason: string }
  | { readonly kind: 'unauthorized' | 'forbidden' | 'not-found' }
  /** Nothing was begun: no connection, or a proxy that found nobody behind it. */
  | { readonly kind: 'away'; readonly reason: string }
  /** The connection ended in the middle; what the platform began, if it did, goes on. */
  | { readonly kind: 'cut'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string }

/** `said`: git's own words on stderr, without what the platform said. `spoke`: whether the platform said anything. */
export function pushOutcome(result: {
  readonly code: number
  readonly stdout: string
  readonly said: readonly string[]
  readonly spoke: boolean
}): PushOutcome {
  const [, flag, reason] = /^([ +*=!])\t[^\t]*\t(?:.*\((.*)\)|.*)$/m.exec(result.stdout) ?? []
  if (flag === '!') {
    if (reason === 'shallow update not allowed') return { kind: 'shallow' }
    // git's words for a connection that broke before the platform could answer.
    if (reason !== undefined && !/failed to report status/.test(reason)) return { kind: 'rejected', reason }
  } else if (result.code === 0 && flag !== undefined) {
    return { kind: flag === '=' ? 'up-to-date' : 'accepted' }
  }
  const said = result.said.join('\n')
  const why =
    result.said.find((line) => /^(?:fatal|error):/.test(line)) ??
    result.said.at(-1) ??
    `git ended with ${result.code}`
  if (/Authentication failed|could not read (?:Username|Password)|returned error: 401/.test(said))
    return { kind: 'unauthorized' }
  if (/returned error: 403/.test(said)) return { kind: 'forbidden' }
  if (/repository '.*' not found|returned error: 404/.test(said)) return { kind: 'not-found' }
  if (result.spoke || /RPC failed|hung up|failed to report status/.test(`${said}\n${reason ?? ''}`))
    return { kind: 'cut', reason: why }
  if (/unable to access|returned error: (?:429|50[234])/.test(said)) return { kind: 'away', reason: why }
  return { kind: 'failed', reason: why }
}
