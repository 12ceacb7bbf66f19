import type { FileView } from '../file-view.ts'
import type { Modules } from './modules.ts'

export interface PerlStart {
  readonly command: string
  readonly from: string
  readonly kind: 'psgi' | 'mojolicious' | 'script'
}

const PLAIN = /^[\w./-]+$/
const MAX_LOOKED_AT = 20
/** What a script that answers requests by itself says. */
const LISTENS =
  /\b(?:Listen\s*=>|HTTP::Daemon|HTTP::Server::Simple|Net::Server|\$ENV\{\s*['"]?PORT['"]?\s*\}|listen\s*\(|Dancer2?\b)/

/** What answers requests: PSGI by the server that the app names, Mojolicious by its own, else a script that listens. */
export function perlStart(view: FileView, modules: Modules): PerlStart | null {
  const psgi = ['app.psgi', 'bin/app.psgi'].find((path) => view.exists(path)) ?? view.find('*.psgi')
  if (psgi !== null && PLAIN.test(psgi))
    return { command: psgiServer(psgi, modules), from: psgi, kind: 'psgi' }
  const scripts = scriptsOf(view)
  const text = (path: string) => {
    const file = view.read(path, 262_144)
    return file.ok ? file.text : ''
  }
  const mojo = scripts.find((path) => /\bMojolicious::(?:Lite|Commands)\b/.test(text(path)))
  if (mojo !== undefined) {
    const command = `perl ${mojo} prefork -m production -l "http://*:$PORT" -w \${WEB_CONCURRENCY:-2}`
    return { command, from: mojo, kind: 'mojolicious' }
  }
  const server = scripts.find((path) => isPerl(text(path)) && LISTENS.test(text(path)))
  return server === undefined ? null : { command: `perl ${server}`, from: server, kind: 'script' }
}

/** Prolog has the same ending. */
const isPerl = (text: string) => /^#!.*\bperl\b|^\s*use\s+(?:strict|warnings|v?5|[A-Z]\w*)/m.test(text)

function scriptsOf(view: FileView): string[] {
  const first = ['app.pl', 'server.pl', 'main.pl', 'index.pl', 'bin/app.pl', 'web.pl'].filter((path) =>
    view.exists(path),
  )
  const others = [...view.list('*.pl'), ...(view.exists('lib/*.pm') ? view.list('script/*') : [])]
  return [...new Set([...first, ...others])].filter((path) => PLAIN.test(path)).slice(0, MAX_LOOKED_AT)
}

function psgiServer(file: string, { names }: Modules): string {
  if (names.has('Twiggy')) return `twiggy --port $PORT ${file}`
  return `starman --port $PORT --workers \${WEB_CONCURRENCY:-2} ${file}`
}
