import type { IncomingMessage, ServerResponse } from 'node:http'
import { createGunzip } from 'node:zlib'
import { DomainError, isDomainError } from '../domain/errors.ts'
import { head, refuse, type GitDeps } from './git-http.ts'
import { FLUSH, pktLine } from './pkt-line.ts'
import { receivePack } from './receive-pack.ts'
import { ensureRepo } from './repo.ts'
import { spawnTransport } from './spawn-git.ts'

const PATH = /^\/git\/([a-z][a-z0-9-]{1,28}[a-z0-9])\.git\/(info\/refs|git-upload-pack|git-receive-pack)$/
const SERVICE = /^git-(upload|receive)-pack$/

/**
 * git's smart HTTP: `/git/<app>.git/{info/refs,git-upload-pack,git-receive-pack}`. Every request proves who it comes
 * from, the ones that only carry a pack as well.
 */
export function createGitHandler(
  deps: GitDeps,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    response.on('error', () => undefined) // A client that went away; `close` is what counts.
    try {
      await answer(deps, request, response)
    } catch (error) {
      const known = isDomainError(error)
      if (!known) deps.warn('a git request failed', error)
      const status = isDomainError(error, 'database_unavailable') ? 503 : 500
      refuse(
        response,
        status,
        known ? error.message : 'The platform failed. Try again; if it stays, ask its operator.',
      )
    }
  }
}

async function answer(deps: GitDeps, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const actor = await deps.authenticate(request)
  if (actor === null) {
    response.setHeader('WWW-Authenticate', 'Basic realm="SkyPanel: any user name, an API token as password"')
    return refuse(response, 401, 'Log in first: skypanel login')
  }
  // The raw text counts: a decoded path could hold another one.
  const [, name, action] = PATH.exec((request.url ?? '').split('?', 1)[0] ?? '') ?? []
  if (name === undefined || action === undefined) {
    return refuse(response, 404, 'There is no repository here. Repositories are at /git/<app>.git')
  }
  const app = await deps.openApp(actor, name)
  if (app === null) {
    return refuse(
      response,
      404,
      `There is no app ${name} that you can see. Make it with: skypanel create ${name}`,
    )
  }
  const service = action === 'info/refs' ? url.searchParams.get('service') : action
  if (service === null || !SERVICE.test(service)) {
    return refuse(response, 403, 'Only git clients that speak smart HTTP are served.')
  }
  const pushing = service === 'git-receive-pack'
  if (!app.mayDeploy)
    return refuse(
      response,
      403,
      `You may not ${pushing ? 'deploy' : 'read the code of'} ${name}. Ask an admin of its team.`,
    )
  const repo = await ensureRepo(deps.root, app.id, app.deployBranch)

  if (action === 'info/refs') {
    if (request.method !== 'GET') return refuse(response, 405, 'Use GET.')
    return advertise(request, response, service, repo)
  }
  if (request.method !== 'POST') return refuse(response, 405, 'Use POST.')
  if (request.headers['content-type'] !== `application/x-${service}-request`) {
    return refuse(response, 415, `Content-Type must be application/x-${service}-request.`)
  }
  if (pushing) return receivePack(deps, request, response, { app, actor, repo, body: bodyOf(request) })
  return uploadPack(request, response, repo)
}

/** The request's body as git means it. A broken one ends the stream with an error that the reader sees. */
function bodyOf(request: IncomingMessage): NodeJS.ReadableStream {
  const encoding = request.headers['content-encoding']
  if (encoding === undefined || encoding === 'identity') return request
  if (encoding !== 'gzip' && encoding !== 'x-gzip')
    throw new DomainError('bad_request', `Content-Encoding ${encoding} is not understood; use gzip.`)
  const gunzip = createGunzip()
  request.on('error', (error) => gunzip.destroy(error))
  return request.pipe(gunzip)
}

/** Only what git itself writes is passed on; it ends up in the child's environment. */
function protocolOf(request: IncomingMessage): Record<string, string> {
  const header = request.headers['git-protocol']
  return typeof header === 'string' && /^version=[0-2]$/.test(header) ? { GIT_PROTOCOL: header } : {}
}

function advertise(request: IncomingMessage, response: ServerResponse, service: string, repo: string): void {
  const protocol = service === 'git-upload-pack' ? protocolOf(request) : {}
  const command = service.slice('git-'.length)
  const child = spawnTransport(
    [...transportConfig(), command, '--stateless-rpc', '--http-backend-info-refs', repo],
    protocol,
  )
  head(response, `application/x-${service}-advertisement`)
  if (protocol['GIT_PROTOCOL'] !== 'version=2')
    response.write(Buffer.concat([pktLine(`# service=${service}\n`), FLUSH]))
  pump(child, response)
  child.stdin?.end()
}

function uploadPack(request: IncomingMessage, response: ServerResponse, repo: string): void {
  const child = spawnTransport(
    [...transportConfig(), 'upload-pack', '--stateless-rpc', repo],
    protocolOf(request),
  )
  head(response, 'application/x-git-upload-pack-result')
  const body = bodyOf(request)
  body.on('error', () => child.kill('SIGTERM'))
  if (child.stdin !== null) {
    child.stdin.on('error', () => undefined) // It ended before it read everything; its answer tells why.
    body.pipe(child.stdin)
  }
  pump(child, response)
}

const transportConfig = () => [
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'receive.advertisePushOptions=true',
  '-c',
  'safe.directory=*',
]

/** Copies a child's output to the client and ends the child when the client goes away. */
function pump(child: ReturnType<typeof spawnTransport>, response: ServerResponse): void {
  child.stderr?.resume()
  child.once('error', (error) => response.destroy(error))
  child.stdout?.pipe(response)
  response.once('close', () => {
    if (child.exitCode === null) child.kill('SIGTERM')
  })
}
