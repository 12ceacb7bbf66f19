import { type IncomingMessage, request as plain } from 'node:http'
import { request as secure } from 'node:https'
import { lookupLoopback } from '../../cli/loopback.ts'

export interface Ask {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** Milliseconds without a byte. */
  readonly timeout: number
}

/**
 * One HTTP request; redirects are not followed, so that a token stays with its host. Rejects when there is no answer.
 * Host names below `localhost` are the own machine, which neither Node nor every system knows.
 */
export function ask(url: URL, { method, headers, body, timeout }: Ask): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { method, headers, timeout, lookup: lookupLoopback }
    const asking = url.protocol === 'https:' ? secure(url, options, resolve) : plain(url, options, resolve)
    asking.on('timeout', () => asking.destroy(new Error(`no answer within ${timeout / 1000} s`)))
    asking.on('error', reject)
    asking.end(body)
  })
}

export async function textOf(answer: IncomingMessage): Promise<string> {
  answer.setEncoding('utf8')
  let text = ''
  for await (const part of answer) text += String(part)
  return text
}

/** `ECONNREFUSED`, or what else there is to say about it; one line. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const [said = ''] = error.message.trim().split('\n')
  const code = codeOf(error)
  return (said.includes(code) ? said : `${code} ${said}`.trim()) || 'unknown'
}

/** Whether TLS was refused: a certificate that is not trusted, not of this host, or no TLS at all. */
export const isUntrusted = (error: unknown): boolean =>
  error instanceof Error && /^EPROTO$|CERT|UNABLE_TO_|ERR_SSL|ERR_TLS/.test(codeOf(error))

const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : '')
