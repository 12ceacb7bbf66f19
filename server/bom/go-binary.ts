import type { Component } from './component.ts'

const MAGIC = Buffer.from('\xff Go buildinf:', 'latin1')
/** The text stands between two markers of 16 bytes. */
const MARK = 16
const INLINE = 2

/** The modules that a Go program was linked from, as its compiler wrote them into it; null: it is none. Pure. */
export function goBuildInfo(program: Buffer, from: string): Component[] | null {
  for (let at = program.indexOf(MAGIC); at >= 0; at = program.indexOf(MAGIC, at + 1)) {
    if (at % 16 !== 0 || ((program[at + 15] ?? 0) & INLINE) === 0) continue
    const version = readString(program, at + 32)
    const modules = version === null ? null : readString(program, version.end)
    if (version === null || modules === null) continue
    const std: Component = {
      ecosystem: 'golang',
      name: 'stdlib',
      version: version.text.replace(/^go/, '').split(' ', 1)[0] ?? '',
      from,
    }
    return [std, ...parseModules(modules.text.slice(MARK, -MARK), from)]
  }
  return null
}

/** `dep<TAB>path<TAB>version<TAB>hash`; a line `=>` behind it replaces it. Pure. */
function parseModules(text: string, from: string): Component[] {
  const found: Component[] = []
  for (const line of text.split('\n')) {
    const [kind, name, version] = line.split('\t')
    if (name === undefined || version === undefined || !version.startsWith('v')) continue
    if (kind === 'dep') found.push({ ecosystem: 'golang', name, version, from })
    if (kind === '=>') found[found.length - 1] = { ecosystem: 'golang', name, version, from }
  }
  return found
}

/** A string behind its length as a varint. */
function readString(data: Buffer, start: number): { text: string; end: number } | null {
  let length = 0
  let at = start
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = data[at]
    if (byte === undefined) return null
    at += 1
    length += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) break
  }
  if (length === 0 || at + length > data.length) return null
  return { text: data.toString('latin1', at, at + length), end: at + length }
}
