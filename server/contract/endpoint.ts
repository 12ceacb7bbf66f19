import type { z } from 'zod'

/**
 * Who may call an endpoint. `app:*` rules are decided against the team that owns the app named by `:app`;
 * whoever may not even see an app is told that it does not exist.
 */
export type Access = 'public' | 'account' | 'app:view' | 'app:deploy' | 'app:manage' | 'platform:admin'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface Endpoint<
  Path extends string = string,
  Body extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Reply extends z.ZodType = z.ZodType,
> {
  readonly method: Method
  readonly path: Path
  readonly access: Access
  /** One sentence for the API reference. */
  readonly summary: string
  readonly body?: Body
  readonly query?: Query
  readonly reply: Reply
  /** Status of a success; 200 unless said. */
  readonly status?: number
  /** `events` endpoints answer server-sent events whose data is `reply`, one message per event. */
  readonly stream?: 'events'
  /** The request's body is a stream of bytes instead of JSON; there is no `body`. */
  readonly upload?: true
}

type ParamNames<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | ParamNames<Rest>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never

export type Params<E extends Endpoint> = { readonly [Name in ParamNames<E['path']>]: string }
/** Body and query are optional properties, so their absence is `never | undefined`, not a missing key. */
type InputOf<Schema> = [NonNullable<Schema>] extends [never]
  ? undefined
  : NonNullable<Schema> extends z.ZodType
    ? z.input<NonNullable<Schema>>
    : undefined
export type BodyOf<E extends Endpoint> = InputOf<E['body']>
export type QueryOf<E extends Endpoint> = InputOf<E['query']>
export type ReplyOf<E extends Endpoint> = z.output<E['reply']>

/** Exactly what an endpoint takes: params, query and body are demanded where its path and schemas name them. */
export type CallInput<E extends Endpoint> = (keyof Params<E> extends never
  ? object
  : { readonly params: Params<E> }) &
  (undefined extends BodyOf<E> ? object : { readonly body: BodyOf<E> }) &
  (undefined extends QueryOf<E> ? object : { readonly query: QueryOf<E> })

export function endpoint<
  const Path extends string,
  Reply extends z.ZodType,
  Body extends z.ZodType = never,
  Query extends z.ZodType = never,
>(
  method: Method,
  path: Path,
  rest: {
    readonly access: Access
    readonly summary: string
    readonly reply: Reply
    readonly body?: Body
    readonly query?: Query
    readonly status?: number
    readonly stream?: 'events'
    readonly upload?: true
  },
) {
  return { method, path, ...rest }
}

/** Fills `:params` of a path; every value is percent-encoded, so a name can never leave its segment. */
export function fillPath(path: string, params: Readonly<Record<string, string>>): string {
  return path.replace(/:([a-z_]+)/g, (_, name: string) => {
    const value = params[name]
    if (value === undefined) throw new Error(`path parameter ${name} of ${path} is missing`)
    return encodeURIComponent(value)
  })
}
