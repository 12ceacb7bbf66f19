import type { FileView } from '../file-view.ts'

export interface Cobol {
  /** The program to start. */
  readonly main: string
  /** Programs that it calls. */
  readonly others: readonly string[]
  /** Columns mean nothing, as people write it today. */
  readonly free: boolean
  /** How it meets requests: by itself, as a program per request, or as one that writes a page. */
  readonly serves: 'itself' | 'connection' | 'cgi' | null
}

const PLAIN = /^[\w./-]+$/

/** Which file is the program, and how it is spoken to: COBOL has no sockets, so most are run once a request. */
export function readCobol(view: FileView): Cobol | null {
  const files = ['*.{cbl,cob,cobol}', '*.{CBL,COB}', 'src/*.{cbl,cob,cobol}', 'src/*.{CBL,COB}']
    .flatMap((glob) => view.list(glob))
    .filter((path) => PLAIN.test(path))
  const read = (path: string) => {
    const file = view.read(path)
    return file.ok ? file.text : ''
  }
  const stem = (path: string) =>
    path
      .replace(/^.*\//, '')
      .replace(/\.\w+$/, '')
      .toLowerCase()
  const named = ['index', 'main', 'server', 'web', 'app'].map((name) =>
    files.find((path) => stem(path) === name),
  )
  const main =
    named.find((path) => path !== undefined) ??
    files.find((path) => !/\blinkage\s+section\b/i.test(read(path)))
  if (main === undefined) return null
  const text = read(main)
  return {
    main,
    others: files.filter((path) => path !== main && /\bprogram-id\b/i.test(read(path))),
    free: />>\s*source\s+(?:format\s+)?(?:is\s+)?free/i.test(text) ? false : !isFixed(text),
    serves: serves(text),
  }
}

/** In the old form the first six columns are numbers or blank, and the text begins in the eighth. */
function isFixed(text: string): boolean {
  const division = text.split('\n').find((line) => /\b(?:identification|id)\s+division\b/i.test(line)) ?? ''
  return /^[\d ]{6} /.test(division)
}

function serves(text: string): Cobol['serves'] {
  if (/\bcall\s+["'](?:socket|bind|accept|CBL_GC_SOCKET\w*)["']/i.test(text)) return 'itself'
  if (/content-type\s*:/i.test(text) && !/HTTP\/1/.test(text)) return 'cgi'
  return /HTTP\/1\.[01]/.test(text) ? 'connection' : null
}
