import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
}
/** Files that the build compressed stand beside the plain one. The first that the browser takes is sent. */
const ENCODINGS = [
  { name: 'br', suffix: '.br' },
  { name: 'gzip', suffix: '.gz' },
] as const
/** The build puts a hash into these names, so what is behind one never changes. */
const HASHED = /^\/assets\//

interface PageFile {
  readonly type: string
  readonly plain: Buffer
  readonly encoded: ReadonlyMap<string, Buffer>
  readonly tag: string
  readonly lasting: boolean
}

/** The dashboard's files by their path below the root. */
export type Pages = ReadonlyMap<string, PageFile>

/**
 * Reads the built dashboard into memory: a few megabytes, and no path of a request ever reaches the file system.
 * null: it was not built, there is no index.html.
 */
export async function loadPages(folder: string): Promise<Pages | null> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const contents = new Map(
    await Promise.all(files.map(async (file) => [file.slice(folder.length), await readFile(file)] as const)),
  )
  const pages = new Map<string, PageFile>()
  for (const [path, plain] of contents) {
    const type = TYPES[extname(path)]
    if (type === undefined) continue
    const encoded = new Map(
      ENCODINGS.flatMap(({ name, suffix }) => {
        const body = contents.get(`${path}${suffix}`)
        return body === undefined ? [] : [[name, body] as const]
      }),
    )
    const tag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`
    pages.set(path, { type, plain, encoded, tag, lasting: HASHED.test(path) })
  }
  return pages.has('/index.html') ? pages : null
}

/**
 * The file that a path stands for; for other paths that a person may have typed, the page that finds out itself what
 * to show. null: nothing.
 */
export function pageFor(pages: Pages, path: string, accept: string | undefined): PageFile | null {
  const file = pages.get(path === '/' ? '/index.html' : path)
  if (file !== undefined) return file
  if (HASHED.test(path) || /^\/(api|git|socket\.io)(\/|$)/.test(path)) return null
  return accept?.includes('text/html') === true ? (pages.get('/index.html') ?? null) : null
}

/** The first encoding that is there and not refused (`q=0`). Pure. */
export function chooseEncoding(accepted: string | undefined, there: Iterable<string>): string | null {
  const wanted = new Set(
    (accepted ?? '').split(',').flatMap((part) => {
      const [name = '', ...rules] = part.split(';').map((text) => text.trim().toLowerCase())
      return rules.some((rule) => /^q=0(\.0*)?$/.test(rule)) ? [] : [name]
    }),
  )
  for (const name of there) if (wanted.has(name)) return name
  return null
}

export function sendPage(
  request: FastifyRequest,
  reply: FastifyReply,
  file: PageFile,
  headers: Readonly<Record<string, string>>,
): FastifyReply {
  const encoding = chooseEncoding(request.headers['accept-encoding'], file.encoded.keys())
  const tag = encoding === null ? file.tag : `${file.tag.slice(0, -1)}-${encoding}"`
  void reply.headers({
    ...headers,
    ETag: tag,
    Vary: 'Accept-Encoding',
    // A page is asked for anew each time, so that after an upgrade it names the assets that are there.
    'Cache-Control': file.lasting ? 'public, max-age=31536000, immutable' : 'no-cache',
  })
  if (request.headers['if-none-match'] === tag) return reply.code(304).send()
  const body = (encoding === null ? undefined : file.encoded.get(encoding)) ?? file.plain
  if (encoding !== null) void reply.header('Content-Encoding', encoding)
  return reply.type(file.type).send(body)
}

/** @param origins the panel's own; browsers differ in whether 'self' covers its web sockets */
export function pageHeaders(origins: ReadonlySet<string>): Readonly<Record<string, string>> {
  // A policy has no way to write an IPv6 address; browsers that hold 'self' to cover sockets need none.
  const sockets = [...origins]
    .filter((origin) => !origin.includes('['))
    .map((origin) => origin.replace(/^http/, 'ws'))
  const policy = [
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self' ${sockets.join(' ')}`,
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "object-src 'none'",
    "require-trusted-types-for 'script'",
  ]
  return {
    'Content-Security-Policy': policy.join('; '),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
  }
}
