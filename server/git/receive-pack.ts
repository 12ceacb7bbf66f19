import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Actor } from '../deploy/deploy.ts'
import { head, type GitDeps } from './git-http.ts'
import { sideband } from './pkt-line.ts'
import type { PushApp } from './pushes.ts'
import { signalGroup, spawnTransport } from './spawn-git.ts'

interface Incoming {
  readonly app: PushApp
  readonly actor: Actor
  readonly repo: string
  readonly body: NodeJS.ReadableStream
}

/** A client that sends more than this beyond the limit is cut off instead of being heard out. */
const PATIENCE = 4
const PATIENCE_MS = 2_000

/**
 * Receives a push. The process group of the receiving git ends with its client until the hook has called; from then on
 * the build goes on without anybody watching, and git waits for its outcome.
 */
export function receivePack(
  deps: GitDeps,
  request: IncomingMessage,
  response: ServerResponse,
  { app, actor, repo, body }: Incoming,
): void {
  const ending: { resolve: () => void } = { resolve: () => undefined }
  const ended = new Promise<void>((resolve) => (ending.resolve = resolve))
  const { token, push } = deps.pushes.open({ app, actor, repo, ended })
  const config = [
    `core.hooksPath=${deps.hooks}`,
    'receive.fsckObjects=true',
    'receive.advertisePushOptions=true',
    `receive.maxInputSize=${deps.maxPack}`,
    'safe.directory=*',
  ].flatMap((setting) => ['-c', setting])
  const child = spawnTransport([...config, 'receive-pack', '--stateless-rpc', repo], {
    SKYPANEL_PUSH_TOKEN: token,
    SKYPANEL_HOOK_SOCKET: deps.hookSocket,
  })
  head(response, 'application/x-git-receive-pack-result')

  // At the end of its input git gives up by itself and removes its quarantine; killed, it may leave that behind.
  const end = () => {
    child.stdin?.destroy()
    setTimeout(() => signalGroup(child, 'SIGTERM'), PATIENCE_MS).unref()
    setTimeout(() => signalGroup(child, 'SIGKILL'), 2 * PATIENCE_MS).unref()
  }
  let size = 0
  let beginning = ''
  body.on('data', (chunk: Buffer) => {
    if (size < 4096) beginning += chunk.toString('latin1', 0, 4096)
    size += chunk.length
    if (size > deps.maxPack * PATIENCE) request.destroy()
  })
  body.once('error', end)
  if (child.stdin !== null) {
    const stdin = child.stdin
    stdin.on('error', () => {
      // git refused the rest. It is still read, or the client would not come to read the answer.
      body.unpipe(stdin)
      body.resume()
    })
    body.pipe(stdin)
  }

  const tooLarge = () => size > deps.maxPack && beginning.includes('side-band-64k')
  let first = true
  child.stdout?.on('data', (chunk: Buffer) => {
    if (response.destroyed) return // Nobody watches; reading on keeps git from blocking.
    if (first && tooLarge()) {
      const megabytes = Math.floor(deps.maxPack / 1_000_000)
      response.write(
        sideband(
          ` !     Push rejected: it is larger than ${megabytes} MB.\n !     Keep large files out of the repository (.gitignore, git rm --cached), then push again.\n`,
        ),
      )
    }
    first = false
    if (!response.write(chunk)) {
      child.stdout?.pause()
      response.once('drain', () => child.stdout?.resume())
    }
  })
  child.stderr?.on('data', (text: Buffer) => deps.warn('git receive-pack complained', text.toString().trim()))
  response.once('close', () => {
    child.stdout?.resume()
    if (!push.hookStarted) end()
  })
  child.once('error', (error) => {
    deps.warn('git could not be started', error)
    ending.resolve()
    response.destroy()
  })
  child.once('close', () => {
    ending.resolve()
    response.end()
  })
}
