import { createHash, createHmac } from 'node:crypto'

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | null
}

export interface ToSign {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE'
  /** `host` or `host:port`, as the request says it. */
  readonly host: string
  /** Absolute, not encoded yet. */
  readonly path: string
  /** Hex SHA-256 of the body. */
  readonly sha256: string
  readonly region: string
  /** ms since 1970. */
  readonly now: number
}

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
const hash = (text: string) => createHash('sha256').update(text).digest('hex')

export const EMPTY_SHA256 = hash('')

/** As S3 wants a path: everything but these letters is encoded, and slashes stay. */
export function encodePath(path: string): string {
  return path
    .split('/')
    .map((part) =>
      encodeURIComponent(part).replaceAll(
        /[!'()*]/g,
        (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
    )
    .join('/')
}

/** Headers of a request to S3 (AWS Signature Version 4). The secret key is in none of them. */
export function signedHeaders(request: ToSign, credentials: Credentials): Record<string, string> {
  const time = new Date(request.now).toISOString().replaceAll(/[-:]|\.\d{3}/g, '')
  const day = time.slice(0, 8)
  const scope = `${day}/${request.region}/s3/aws4_request`
  const headers: Record<string, string> = {
    host: request.host,
    'x-amz-content-sha256': request.sha256,
    'x-amz-date': time,
    ...(credentials.sessionToken === null ? {} : { 'x-amz-security-token': credentials.sessionToken }),
  }
  const names = Object.keys(headers).sort()
  const canonical = [
    request.method,
    encodePath(request.path),
    '',
    ...names.map((name) => `${name}:${headers[name] ?? ''}`),
    '',
    names.join(';'),
    request.sha256,
  ].join('\n')
  const text = ['AWS4-HMAC-SHA256', time, scope, hash(canonical)].join('\n')
  const key = [day, request.region, 's3', 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${credentials.secretAccessKey}`,
  )
  const signature = hmac(key, text).toString('hex')
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  }
}
