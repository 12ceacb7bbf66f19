import type { FileView } from '../file-view.ts'

const PLAIN = /^[\w.*+!?<>=/-]+$/

/** The text of an EDN or Clojure file without its comments. */
export function textOf(view: FileView, path: string): string {
  const file = view.read(path)
  return file.ok ? file.text.replaceAll(/^[ \t]*;.*$/gm, '').replaceAll(/\s;.*$/gm, '') : ''
}

export interface Entry {
  /** `-m` of clojure.main, or an expression. */
  readonly main: string
  readonly alias: string | null
  readonly from: string
}

/** Aliases by which people start an app, the most telling first. */
const ALIASES = ['run-m', 'run', 'main', 'start', 'serve', 'server', 'prod', 'web', 'app', 'run-x']

/** What deps.edn says is started: an alias with `:main-opts` or `:exec-fn`, else the namespace that has a `-main`. */
export function entryOf(view: FileView): Entry | null {
  const text = textOf(view, 'deps.edn')
  const aliases = mapAfter(text, ':aliases')
  const named = [...aliases.matchAll(/:([\w./-]+)\s*\{/g)].map(([, name = '']) => name)
  for (const alias of ALIASES.filter((name) => named.includes(name))) {
    const body = mapAfter(aliases, `:${alias}`)
    const main = /:main-opts\s*\[\s*"-m"\s+"([^"]+)"/.exec(body)?.[1]
    if (main !== undefined && PLAIN.test(main))
      return { main: `-m ${main}`, alias, from: `deps.edn:${alias}` }
    const exec = /:exec-fn\s+([\w.*+!?/-]+)/.exec(body)?.[1]
    if (exec !== undefined && PLAIN.test(exec) && exec.includes('/'))
      return { main: `-e "((requiring-resolve '${exec}) {})"`, alias, from: `deps.edn:${alias}` }
  }
  const space = mainNamespace(view)
  return space === null ? null : { main: `-m ${space.name}`, alias: null, from: space.from }
}

/** The map that follows a key: up to the bracket that closes it. */
export function mapAfter(text: string, key: string): string {
  const found = new RegExp(`${key.replaceAll(/[.*+?]/g, '\\$&')}(?![\\w-])\\s*\\{`).exec(text)
  if (found === null) return ''
  let depth = 0
  for (let at = found.index + found[0].length - 1; at < text.length; at++) {
    if (text[at] === '{') depth++
    if (text[at] === '}' && --depth === 0) return text.slice(found.index + found[0].length, at)
  }
  return ''
}

const MAX_FILES = 300

function mainNamespace(view: FileView): { name: string; from: string } | null {
  const files = [...view.list('src/**/*.clj'), ...view.list('src/**/*.cljc')].slice(0, MAX_FILES)
  const rank = (path: string) => {
    const at = ['main', 'core', 'server', 'app', 'web'].findIndex((word) => path.endsWith(`/${word}.clj`))
    return at < 0 ? 9 : at
  }
  for (const from of files.sort((a, b) => rank(a) - rank(b))) {
    const text = textOf(view, from)
    const name = /\(ns\s+(?:\^\S+\s+)*([\w.*+!?-]+)/.exec(text)?.[1]
    if (name !== undefined && /\(defn\s+(?:\^\S+\s+)*-main\b/.test(text)) return { name, from }
  }
  return null
}
