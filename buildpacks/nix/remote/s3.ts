import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { pipeline } from 'node:stream/promises'
import type { RemotePlace } from './place.ts'
import { readCredentials } from './credentials.ts'
import { EMPTY_SHA256, encodePath, signedHeaders, type ToSign } from './sign.ts'

export type S3Place = Extract<RemotePlace, { kind: 's3' }>

/** The largest object that S3 takes in one piece. */
const MAX_BYTES = 5 * 2 ** 30
/** Without a word for so long the connection is given up. */
const SILENT_MS = 30_000

/** The few calls of S3 that a cache needs, over paths of the bucket (path style, which every S3 understands). */
export class S3 {
  readonly #place: S3Place
  readonly #credentials: string

  /** @param credentials file as the AWS CLI keeps it; read for each call */
  constructor(place: S3Place, credentials: string) {
    this.#place = place
    this.#credentials = credentials
  }

  async #open(
    method: ToSign['method'],
    name: string,
    sha256: string,
    bytes: number | null,
  ): Promise<ClientRequest> {
    const { endpoint, bucket, prefix, region } = this.#place
    const { host, hostname, port, protocol } = new URL(endpoint)
    const path = `/${bucket}/${prefix}${name}`
    const headers = signedHeaders(
      { method, host, path, sha256, region, now: Date.now() },
      await readCredentials(this.#credentials),
    )
    const make = protocol === 'https:' ? requestHttps : requestHttp
    const sent = make({
      method,
      hostname,
      port,
      path: encodePath(path),
      // A connection that the store closes just as it is used again would fail a push now and then.
      agent: false,
      headers: { ...headers, ...(bytes === null ? {} : { 'content-length': bytes }) },
    })
    sent.setTimeout(SILENT_MS, () => sent.destroy(new Error(`${endpoint} said nothing for 30 s`)))
    return sent
  }

  /** Puts a file under a name. Rejects with what the store answered. */
  async put(name: string, file: string): Promise<void> {
    const { size } = await stat(file)
    if (size > MAX_BYTES) throw new Error(`${name} has ${size} bytes, more than an object may have (5 GiB)`)
    const hash = createHash('sha256')
    await pipeline(createReadStream(file), hash)
    const sent = await this.#open('PUT', name, hash.digest('hex'), size)
    const answer = answerOf(sent)
    // Whatever becomes of the sending, the answer tells: a store takes only what has the length and hash that we said.
    pipeline(createReadStream(file), sent).catch(() => undefined)
    await expectOk(await answer, `putting ${name}`)
  }

  /** Gets an object into a file, whole or not at all; false: there is none. */
  async get(name: string, file: string): Promise<boolean> {
    const sent = await this.#open('GET', name, EMPTY_SHA256, null)
    sent.end()
    const answer = await answerOf(sent)
    if (answer.statusCode === 404) {
      answer.resume()
      return false
    }
    if (answer.statusCode !== 200) await expectOk(answer, `getting ${name}`)
    const half = `${file}.half`
    try {
      await pipeline(answer, createWriteStream(half))
      await rename(half, file)
    } finally {
      await rm(half, { force: true })
    }
    return true
  }

  async has(name: string): Promise<boolean> {
    const sent = await this.#open('HEAD', name, EMPTY_SHA256, null)
    sent.end()
    const answer = await answerOf(sent)
    answer.resume()
    if (answer.statusCode === 404) return false
    if (answer.statusCode === 200) return true
    throw new Error(`asking for ${name}: the store answered ${answer.statusCode ?? 0}`)
  }
}

function answerOf(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve)
    sent.once('error', reject)
  })
}

async function expectOk(answer: IncomingMessage, doing: string): Promise<void> {
  let text = ''
  for await (const chunk of answer) if (text.length < 2000) text += String(chunk)
  const status = answer.statusCode ?? 0
  if (status >= 200 && status < 300) return
  const code = /<Code>(\w+)<\/Code>/.exec(text)?.[1]
  throw new Error(`${doing}: the store answered ${status}${code === undefined ? '' : ` (${code})`}`)
}
