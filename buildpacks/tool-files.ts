import { parse } from 'smol-toml'
import type { FileView } from './file-view.ts'
import { own } from './own.ts'

/** A version as somebody wrote it, and where. */
export interface Declared {
  readonly text: string
  readonly from: string
}

const MISE = ['mise.toml', '.mise.toml', 'mise/config.toml', '.mise/config.toml', '.config/mise.toml']
const MAX_BYTES = 64 * 1024

/** The first line of a file that is neither empty nor a comment; for `.nvmrc`, `.python-version` and their like. */
export function fromVersionFile(view: FileView, from: string): Declared | null {
  const file = view.read(from, 4096)
  if (!file.ok) return null
  const line = file.text
    .split('\n')
    .map((one) => one.replace(/#.*/, '').trim())
    .find((one) => one !== '')
  return line === undefined ? null : { text: line, from }
}

/** What `.tool-versions` or mise's files say of a tool. `names` are its names there, e.g. `nodejs` and `node`. */
export function fromToolFiles(view: FileView, ...names: readonly string[]): Declared | null {
  return fromAsdf(view, names) ?? fromMise(view, names)
}

function fromAsdf(view: FileView, names: readonly string[]): Declared | null {
  const file = view.read('.tool-versions', MAX_BYTES)
  if (!file.ok) return null
  for (const line of file.text.split('\n')) {
    const [name = '', version] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (names.includes(name) && version !== undefined) return { text: version, from: '.tool-versions' }
  }
  return null
}

function fromMise(view: FileView, names: readonly string[]): Declared | null {
  for (const from of MISE) {
    const tools = tableOf(parsed(view, from), 'tools')
    for (const name of names) {
      const text = versionIn(own(tools, name))
      if (text !== null) return { text, from }
    }
  }
  return null
}

/** `"22"`, `["22", "20"]` or `{ version = "22" }`. */
function versionIn(value: unknown): string | null {
  if (typeof value === 'string') return value.replace(/^prefix:/, '')
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value)) return versionIn(value[0])
  if (typeof value === 'object' && value !== null && 'version' in value) return versionIn(value.version)
  return null
}

/** A TOML file as plain values; empty when there is none or it is not TOML. */
export function parsed(view: FileView, path: string): Readonly<Record<string, unknown>> {
  const file = view.read(path)
  if (!file.ok) return {}
  try {
    return parse(file.text)
  } catch {
    return {}
  }
}

/** A table within one; empty when it is something else. */
export function tableOf(
  table: Readonly<Record<string, unknown>>,
  ...path: readonly string[]
): Readonly<Record<string, unknown>> {
  let at = table
  for (const key of path) {
    const value = own(at, key)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return {}
    at = value as Readonly<Record<string, unknown>>
  }
  return at
}
