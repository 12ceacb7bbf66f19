import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Environment } from './environment.ts'
import { CliError, EXIT } from './exit.ts'

export interface Credentials {
  /** The host that is used when none is named: the one of the last login. */
  readonly current: string | null
  readonly hosts: Readonly<Record<string, { readonly email: string; readonly token: string }>>
}

export interface Target {
  /** Scheme, host and port, without a slash at the end. */
  readonly origin: string
  readonly token: string | undefined
  readonly email: string | undefined
}

/** Where a platform listens that was started without flags. */
export const DEFAULT_HOST = 'http://localhost:8800'

/** `panel.example.com` and `http://localhost:8800/` alike become an origin. */
export function originOf(host: string): string {
  const text = /^[a-z]+:\/\//i.test(host) ? host : `https://${host}`
  const url = URL.canParse(text) ? new URL(text) : null
  if (
    url === null ||
    !['http:', 'https:'].includes(url.protocol) ||
    url.username !== '' ||
    url.pathname !== '/'
  ) {
    throw new CliError('bad_host', `${JSON.stringify(host)} is not the address of a platform.`, {
      hint: 'It looks like http://localhost:8800 or https://panel.example.com',
      exit: EXIT.usage,
    })
  }
  return url.origin
}

/** Which platform a command talks to, and as whom. A token of the file only ever goes to the host that it is kept for. */
export function chooseTarget(
  environment: Environment,
  stored: Credentials,
  host: string | undefined,
): Target {
  const origin = originOf(host ?? environment.host ?? stored.current ?? DEFAULT_HOST)
  const entry = stored.hosts[origin]
  return {
    origin,
    token: environment.token ?? entry?.token,
    email: environment.token === undefined ? entry?.email : undefined,
  }
}

const EMPTY: Credentials = { current: null, hosts: {} }

export async function readCredentials(file: string): Promise<Credentials> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return EMPTY
    throw new CliError('credentials_unreadable', `${file} cannot be read.`, {
      hint: `Type: ls -l ${file}`,
      cause: error,
    })
  }
  const parsed = parseCredentials(text)
  if (parsed === null) {
    throw new CliError('credentials_broken', `${file} is not a credentials file.`, {
      hint: `Remove it and log in again: rm ${file}; skypanel login`,
    })
  }
  return parsed
}

function parseCredentials(text: string): Credentials | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (!isRecord(value) || !isRecord(value['hosts'])) return null
  const hosts: Record<string, { email: string; token: string }> = {}
  for (const [origin, entry] of Object.entries(value['hosts'])) {
    if (!isRecord(entry) || typeof entry['email'] !== 'string' || typeof entry['token'] !== 'string')
      return null
    hosts[origin] = { email: entry['email'], token: entry['token'] }
  }
  const current = value['current']
  return { current: typeof current === 'string' ? current : null, hosts }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/** Readable by its owner alone, and never half written. */
export async function writeCredentials(file: string, credentials: Credentials): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const next = `${file}.${process.pid}`
  try {
    await writeFile(next, JSON.stringify(credentials, null, 2) + '\n', { mode: 0o600 })
    await chmod(next, 0o600)
    await rename(next, file)
  } finally {
    await rm(next, { force: true })
  }
}

export function withHost(
  stored: Credentials,
  origin: string,
  entry: { email: string; token: string },
): Credentials {
  return { current: origin, hosts: { ...stored.hosts, [origin]: entry } }
}

export function withoutHost(stored: Credentials, origin: string): Credentials {
  const hosts = Object.fromEntries(Object.entries(stored.hosts).filter(([known]) => known !== origin))
  const current = stored.current === origin ? (Object.keys(hosts)[0] ?? null) : stored.current
  return { current, hosts }
}
