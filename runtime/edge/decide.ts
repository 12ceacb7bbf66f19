import type { HostState } from '../../server/contract/directory.ts'

export type PageName =
  | 'unknown'
  | 'maintenance'
  | 'starting'
  | 'stopped'
  | 'no-answer'
  | 'too-slow'
  | 'out-of-order'

export type Decision =
  | { readonly kind: 'pass'; readonly address: string }
  | { readonly kind: 'page'; readonly page: PageName; readonly app: string | null }

/**
 * What becomes of a request that no instance took. `state` is what the directory says after waiting, null when it is
 * away; `error` is the status that Caddy would have answered, null for a request that came straight here. Such a
 * request has reached nobody yet, so it may be passed on whatever its method; one with an error may have.
 */
export function decide(state: HostState | null, error: number | null, turn: number): Decision {
  if (state === null) return { kind: 'page', page: 'out-of-order', app: null }
  const { app } = state
  switch (state.state) {
    case 'unknown':
      return { kind: 'page', page: 'unknown', app: null }
    case 'maintenance':
      return { kind: 'page', page: 'maintenance', app }
    case 'no-instance':
      return { kind: 'page', page: state.expects ? 'starting' : 'stopped', app }
    case 'serving': {
      if (error !== null) return { kind: 'page', page: error === 504 ? 'too-slow' : 'no-answer', app }
      const address = state.addresses[turn % Math.max(1, state.addresses.length)]
      return address === undefined ? { kind: 'page', page: 'starting', app } : { kind: 'pass', address }
    }
  }
}
