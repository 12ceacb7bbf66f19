import type { FileView } from '../file-view.ts'
import { own } from '../own.ts'

export interface Rocks {
  /** Of the rockspec: `luasocket >= 3.0`. */
  readonly needs: readonly { readonly name: string; readonly range: string }[]
  /** Of `lua >= 5.1`. */
  readonly lua: string | null
  readonly from: string | null
}

const NAME = /^[\w.-]+$/

/** What the rockspec at the root needs. It is a Lua program, of which the plain list of strings is read. */
export function readRocks(view: FileView): Rocks {
  const from =
    view.find('*-dev-*.rockspec') ?? view.find('*-scm-*.rockspec') ?? view.list('*.rockspec').at(-1) ?? null
  const file = from === null ? null : view.read(from)
  const text = file?.ok === true ? file.text.replaceAll(/--.*$/gm, '') : ''
  const list = /\bdependencies\s*=\s*\{([^{}]*)\}/.exec(text)?.[1] ?? ''
  const entries = [...list.matchAll(/["']([^"']+)["']/g)].map(([, entry = '']) => {
    const [, name = '', range = ''] = /^[ \t]*([\w./-]+)\s*(.*)$/.exec(entry) ?? []
    return { name, range: range.trim() }
  })
  return {
    needs: entries.filter(({ name }) => name !== 'lua' && NAME.test(name)),
    lua: entries.find(({ name }) => name === 'lua')?.range ?? null,
    from,
  }
}

interface Packaged {
  readonly debian: string
  /** The Luas that it is there for; absent: all of Debian's. */
  readonly lines?: readonly string[]
}

/** Rocks that Debian has, compiled and with its security fixes. */
const DEBIAN: Readonly<Record<string, Packaged>> = {
  argparse: { debian: 'lua-argparse' },
  basexx: { debian: 'lua-basexx', lines: ['5.1', '5.2'] },
  compat53: { debian: 'lua-compat53', lines: ['5.1', '5.2'] },
  copas: { debian: 'lua-copas', lines: ['5.1', '5.2'] },
  coxpcall: { debian: 'lua-coxpcall', lines: ['5.1', '5.3'] },
  cqueues: { debian: 'lua-cqueues' },
  dkjson: { debian: 'lua-dkjson' },
  fifo: { debian: 'lua-fifo', lines: ['5.1', '5.2'] },
  http: { debian: 'lua-http', lines: ['5.1', '5.2'] },
  inspect: { debian: 'lua-inspect', lines: ['5.1', '5.2', '5.3'] },
  lpeg: { debian: 'lua-lpeg' },
  'lua-cjson': { debian: 'lua-cjson' },
  'lua-messagepack': { debian: 'lua-messagepack', lines: ['5.1', '5.2', '5.3'] },
  'lua-term': { debian: 'lua-term' },
  'lua-zlib': { debian: 'lua-zlib' },
  luaexpat: { debian: 'lua-expat' },
  luafilesystem: { debian: 'lua-filesystem' },
  lualogging: { debian: 'lua-logging' },
  luaossl: { debian: 'lua-luaossl' },
  luaposix: { debian: 'lua-posix' },
  luasec: { debian: 'lua-sec' },
  luasocket: { debian: 'lua-socket' },
  'luasql-postgres': { debian: 'lua-sql-postgres' },
  'luasql-sqlite3': { debian: 'lua-sql-sqlite3' },
  luasystem: { debian: 'lua-system' },
  luv: { debian: 'lua-luv' },
  lyaml: { debian: 'lua-yaml' },
  md5: { debian: 'lua-md5', lines: ['5.1', '5.2'] },
  penlight: { debian: 'lua-penlight' },
  'redis-lua': { debian: 'lua-redis', lines: ['5.1', '5.2', '5.3'] },
}

/** Whether Debian has a rock for that Lua, and under which name. */
export function debianRock(name: string, line: string): string | null {
  const packaged = own(DEBIAN, name)
  return packaged !== undefined && (packaged.lines?.includes(line) ?? true) ? packaged.debian : null
}
