import type { z } from 'zod'
import type { Endpoint } from '../contract/endpoint.ts'
import { DomainError } from '../domain/errors.ts'

const MOST_ISSUES = 5

/** Body and query as the contract's schemas make them. Errors: invalid_params, which names the fields. */
export function validate(
  endpoint: Endpoint,
  body: unknown,
  query: unknown,
): { body: unknown; query: unknown } {
  return {
    // No body is an empty one: all of an endpoint's fields may be optional.
    body: endpoint.body === undefined ? undefined : parse(endpoint.body, body ?? {}, 'body'),
    query: endpoint.query === undefined ? undefined : parse(endpoint.query, query, 'query'),
  }
}

function parse(schema: z.ZodType, value: unknown, where: string): unknown {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new DomainError('invalid_params', `${describe(parsed.error.issues, where)}.`)
}

/** Paths and rules, never the values: they may be secrets. */
function describe(issues: readonly z.core.$ZodIssue[], where: string): string {
  const lines = issues.slice(0, MOST_ISSUES).map(({ path, message, code, ...rest }) => {
    const name = path.length === 0 ? `The ${where}` : shorten(path.join('.'))
    // A record's key that is refused: what is wrong with it stands one level down.
    const inner =
      code === 'invalid_key' && 'issues' in rest
        ? (rest.issues as { message: string }[])[0]?.message
        : undefined
    return `${name}: ${inner ?? message}`
  })
  const more = issues.length - lines.length
  return `${lines.join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}

const shorten = (text: string) => (text.length > 60 ? `${text.slice(0, 60)}…` : text)
