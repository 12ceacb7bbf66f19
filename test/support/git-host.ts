import { spawn } from 'node:child_process'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { git } from './git-server.ts'

/** Somebody else's git server: `git http-backend` behind HTTP, as many run it. */
export async function startGitHost() {
  const root = await mkdtemp(join(tmpdir(), 'skypanel-host-'))
  /** Set: only who sends it is answered. */
  const host = {
    credentials: null as string | null,
    redirect: null as string | null,
    asked: 0,
    silent: false,
    url: '',
  }
  const server = createServer((request, response) => {
    host.asked += 1
    if (host.silent) return
    if (host.redirect !== null)
      return void response.writeHead(302, { location: host.redirect + (request.url ?? '') }).end()
    const wanted =
      host.credentials === null ? null : `Basic ${Buffer.from(host.credentials).toString('base64')}`
    if (wanted !== null && request.headers.authorization !== wanted)
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="host"' }).end()
    answer(root, request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  host.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return Object.assign(host, {
    /** Makes what a checkout holds the content of `<name>.git`. */
    async publish(name: string, checkout: string, ...refs: string[]) {
      await git(root, 'init', '-q', '--bare', '--initial-branch=main', `${name}.git`)
      const pushed = await git(checkout, 'push', '-q', '--force', join(root, `${name}.git`), ...refs)
      if (pushed.code !== 0) throw new Error(pushed.text)
      return `${host.url}/${name}.git`
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      await rm(root, { recursive: true, force: true })
    },
  })
}
export type GitHost = Awaited<ReturnType<typeof startGitHost>>

/** The part of CGI that git's program speaks. */
function answer(root: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://host')
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method ?? 'GET',
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
    },
  })
  let head: Buffer | null = Buffer.alloc(0)
  request.pipe(child.stdin)
  child.stdin.on('error', () => undefined)
  child.stdout.on('data', (chunk: Buffer) => {
    if (head === null) return void response.write(chunk)
    head = Buffer.concat([head, chunk])
    const end = head.indexOf('\r\n\r\n')
    if (end < 0) return
    for (const line of head.toString('latin1', 0, end).split('\r\n')) {
      const [name = '', value = ''] = line.split(/:\s*/, 2)
      if (name.toLowerCase() === 'status') response.statusCode = Number.parseInt(value, 10)
      else response.setHeader(name, value)
    }
    response.write(head.subarray(end + 4))
    head = null
  })
  child.once('close', () => response.end())
}
