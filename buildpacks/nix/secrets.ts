import { createHmac } from 'node:crypto'
import { isPublicConfig } from '../public-config.ts'

/** Shorter values are found everywhere by chance. */
const SCANNED = 12
const REDACTED = 6

/** bash refuses to set these, and the box sets PATH itself. */
const RESERVED = new Set([
  'PATH',
  'UID',
  'EUID',
  'PPID',
  'BASHOPTS',
  'SHELLOPTS',
  'BASH_VERSINFO',
  'BASH_ENV',
  'ENV',
  'IFS',
])

/** The config vars that a step may read: `*` is all of them. Names that no shell can hold are left out. */
export function readableBy(
  secrets: readonly string[],
  env: Readonly<Record<string, string>>,
): Record<string, string> {
  const wanted = secrets.includes('*') ? Object.keys(env) : secrets
  const readable: Record<string, string> = {}
  for (const name of wanted.toSorted()) {
    const value = env[name]
    if (value !== undefined && /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !RESERVED.has(name))
      readable[name] = value
  }
  return readable
}

/** Changes with the values and tells nothing about them: derivations can be read by every process of the machine. */
export function saltedHash(salt: string, env: Readonly<Record<string, string>>): string {
  const entries = Object.entries(env).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return entries.length === 0 ? '' : createHmac('sha256', salt).update(JSON.stringify(entries)).digest('hex')
}

/** stdin of cell.sh. */
export function cellInput(env: Readonly<Record<string, string>>): Buffer {
  const scanned = Object.keys(env).filter(
    (name) => !isPublicConfig(name) && (env[name] ?? '').length >= SCANNED,
  )
  const pairs = Object.entries(env).map(([name, value]) => `${name}=${value.replaceAll('\0', '')}\0`)
  return Buffer.from(`${pairs.join('')}\0${scanned.map((name) => `${name}\0`).join('')}`)
}

/** A function that blacks out the values in a line of output, the longest first. */
export function redactor(env: Readonly<Record<string, string>>): (line: string) => string {
  const words = Object.entries(env)
    .filter(([name]) => !isPublicConfig(name))
    .flatMap(([name, value]) => value.split(/\r?\n/).map((part) => ({ name, part: part.trim() })))
    .filter(({ part }) => part.length >= REDACTED && !part.startsWith('-----'))
    .toSorted((a, b) => b.part.length - a.part.length)
  return (line) => words.reduce((text, { name, part }) => text.replaceAll(part, `[${name}]`), line)
}
