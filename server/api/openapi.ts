import { z } from 'zod'
import type { Endpoint } from '../contract/endpoint.ts'
import { ERROR_CODES, ErrorBody } from '../contract/errors.ts'
import { SESSION_COOKIE } from '../contract/sessions.ts'

type Table = Readonly<Record<string, Readonly<Record<string, Endpoint>>>>

/** The whole API as an OpenAPI 3.1 document, made from the table that the server itself is made from. */
export function openapi(table: Table, version: string, origin: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const [resource, verbs] of Object.entries(table)) {
    for (const [verb, endpoint] of Object.entries(verbs)) {
      const path = endpoint.path.replace(/:([a-z_]+)/g, '{$1}')
      paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operation(resource, verb, endpoint) }
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'SkyPanel', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: `${origin}/api` }],
    security: [{ token: [] }, { session: [] }],
    paths,
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'A token; also as the password of basic auth.',
        },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: SESSION_COOKIE.plain,
          description: `Signed-in browsers; \`${SESSION_COOKIE.secure}\` where the panel is reached by https.`,
        },
      },
      schemas: { Error: schema(ErrorBody, 'output') },
      responses: {
        Error: {
          description: `What failed; \`id\` is one of: ${Object.keys(ERROR_CODES).join(', ')}`,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
        },
      },
    },
  }
}

const BYTES = { type: 'string', format: 'binary' }

function operation(resource: string, verb: string, endpoint: Endpoint) {
  const { method, path, access, summary, body, query, reply, status, stream, upload } = endpoint
  return {
    operationId: `${resource}.${verb}`,
    tags: [resource],
    summary,
    description: `Access: ${access}.`,
    ...(access === 'public' ? { security: [] } : {}),
    parameters: [
      ...[...path.matchAll(/:([a-z_]+)/g)].map(([, name]) => ({
        name,
        in: 'path',
        required: true,
        schema: { type: 'string' },
      })),
      ...(query === undefined ? [] : queryParameters(query)),
    ],
    ...(upload === true
      ? { requestBody: { required: true, content: { 'application/gzip': { schema: BYTES } } } }
      : {}),
    ...(body === undefined || method === 'GET'
      ? {}
      : {
          requestBody: { required: true, content: { 'application/json': { schema: schema(body, 'input') } } },
        }),
    responses: {
      [String(status ?? 200)]: {
        description: stream === 'events' ? 'Server-sent events; each `data` is one of these.' : 'Done.',
        content: {
          [stream === 'events' ? 'text/event-stream' : 'application/json']: {
            schema: schema(reply, 'output'),
          },
        },
      },
      default: { $ref: '#/components/responses/Error' },
    },
  }
}

function queryParameters(query: z.ZodType) {
  const { properties = {}, required = [] } = schema(query, 'input')
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema: property,
  }))
}

function schema(type: z.ZodType, io: 'input' | 'output') {
  const { $schema: _, ...rest } = z.toJSONSchema(type, { io, unrepresentable: 'any' })
  return rest
}
