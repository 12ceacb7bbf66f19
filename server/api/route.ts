import type { Readable } from 'node:stream'
import type { z } from 'zod'
import type { AuthorisedApp } from '../accounts/authorise.ts'
import type { Caller } from '../accounts/caller.ts'
import type { Endpoint, Params } from '../contract/endpoint.ts'
import type { DomainError } from '../domain/errors.ts'

type OutputOf<Schema> = [NonNullable<Schema>] extends [never]
  ? undefined
  : NonNullable<Schema> extends z.ZodType
    ? z.output<NonNullable<Schema>>
    : undefined

/** A request that was authenticated, authorised and parsed. */
export interface Call<E extends Endpoint = Endpoint> {
  readonly params: Params<E>
  readonly body: OutputOf<E['body']>
  readonly query: OutputOf<E['query']>
  /** @throws on a public endpoint, where nobody has to be. */
  readonly caller: Caller
  /** The app that `:app` names. @throws where the path has none. */
  readonly app: AuthorisedApp
  /** The client's address. */
  readonly address: string
  /** What the client calls itself; as it came. */
  readonly userAgent: string
  /** A browser says that one of the panel's own pages asked. */
  readonly fromOwnPage: boolean
  /** Gives the browser the session's cookie with the reply; null takes it away. */
  readonly setSession: (text: string | null) => void
  readonly lastEventId: string | null
  /** The body of a request that uploads. @throws on an endpoint that takes none. */
  readonly upload: Readable
  /** Aborted when the client goes away or the server ends. */
  readonly signal: AbortSignal
}

export interface StreamEvent<Data> {
  /** What a client sends as Last-Event-ID to go on after this event. */
  readonly id: number
  readonly data: Data
}

interface Common {
  readonly endpoint: Endpoint
  /** Another error for input that the schemas refuse; null: invalid_params with what the schemas say. */
  readonly onInvalid: ((body: unknown) => DomainError | null) | null
}

export type Route =
  | (Common & { readonly kind: 'answer'; readonly handle: (call: Call) => Promise<unknown> })
  | (Common & {
      readonly kind: 'events'
      readonly handle: (call: Call) => Promise<AsyncIterable<StreamEvent<unknown>>>
    })

/** What a resource's routes have to be: one for each of its endpoints. */
export type RoutesOf<Table extends Readonly<Record<string, Endpoint>>> = {
  readonly [Name in keyof Table]: Route
}

/** A handler for one endpoint. What it resolves with is parsed by the contract, which drops what is not in it. */
export function answer<E extends Endpoint>(
  endpoint: E,
  handle: (call: Call<E>) => Promise<z.input<E['reply']>>,
  onInvalid: Common['onInvalid'] = null,
): Route {
  // The walker calls a route only with a call that its own endpoint's schemas made.
  return { kind: 'answer', endpoint, onInvalid, handle: handle as (call: Call) => Promise<unknown> }
}

/** A handler that streams. What fails before it resolves is answered as any error is. */
export function events<E extends Endpoint>(
  endpoint: E,
  handle: (call: Call<E>) => Promise<AsyncIterable<StreamEvent<z.input<E['reply']>>>>,
): Route {
  return {
    kind: 'events',
    endpoint,
    onInvalid: null,
    handle: handle as (call: Call) => Promise<AsyncIterable<StreamEvent<unknown>>>,
  }
}
