import { chmod, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { z } from 'zod'
import { isDomainError } from '../domain/errors.ts'
import { decidePush, parseRefUpdates } from '../domain/push-refs.ts'
import type { AcceptedPush, PushIntake } from '../deploy/push-intake.ts'
import { HookFrame, hookFrame } from './hook-frames.ts'
import { keepObjects } from './keep-objects.ts'
import { pushTokenHash, type LivePush, type Pushes } from './pushes.ts'

const Header = z.object({
  token: z.string().min(1).max(200),
  after: z.number().int().min(0),
  quarantine: z.string().max(4096),
})
type Header = z.infer<typeof Header>

/** One ref takes about 150 bytes; the hook itself stops at this size. */
const MAX_REQUEST = 1 << 20

export interface HookSocketDeps {
  readonly path: string
  readonly pushes: Pushes
  readonly intake: PushIntake
  warn(message: string, error: unknown): void
}

/**
 * Listens for git's pre-receive hooks. A hook that lost its connection comes back with the same token and the number
 * of frames that it saw; the log's lines are its frames, so it goes on where it was, also with another server.
 * Whatever goes wrong here ends without a decision or with "no": a push is never accepted by accident.
 */
export async function listenForHooks(deps: HookSocketDeps): Promise<AsyncDisposable> {
  const open = new Set<Socket>()
  const stopping = new AbortController()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket)
    const gone = new AbortController()
    socket.on('error', () => undefined) // `close` follows.
    socket.once('close', () => {
      open.delete(socket)
      gone.abort()
    })
    serve(deps, socket, AbortSignal.any([gone.signal, stopping.signal])).catch((error: unknown) => {
      if (!stopping.signal.aborted && !gone.signal.aborted) deps.warn('a push hook was not served', error)
      socket.destroy()
    })
  })
  await rm(deps.path, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(deps.path, resolve)
  })
  await chmod(deps.path, 0o600)
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort()
      for (const socket of open) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

async function serve(deps: HookSocketDeps, socket: Socket, signal: AbortSignal): Promise<void> {
  const [first = '', ...lines] = await readRequest(socket)
  const header = Header.parse(JSON.parse(first))
  const token = pushTokenHash(header.token)
  const live = deps.pushes.find(token)
  const say = (type: number, text: string) => {
    socket.write(hookFrame(type, text))
  }
  const decide = (accepted: boolean) => {
    say(HookFrame.decision, accepted ? 'ok' : 'no')
    socket.end()
  }
  if (live !== null) live.hookStarted = true
  const known = await deps.intake.find(token)
  if (known !== null) return follow(deps, known, header.after, say, decide, signal)
  if (live === null) {
    say(
      HookFrame.stdout,
      ' !     The platform was restarted before your push was taken in. Nothing was changed; push again.\n',
    )
    return decide(false)
  }
  return begin(deps, live, header, lines, token, say, decide, signal)
}

async function begin(
  deps: HookSocketDeps,
  live: LivePush,
  header: Header,
  lines: readonly string[],
  token: Buffer,
  say: (type: number, text: string) => void,
  decide: (accepted: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  const updates = parseRefUpdates(lines)
  const decision = updates === null ? null : decidePush(updates, live.app.deployBranch)
  if (decision === null) return decide(false)
  if (decision.kind !== 'deploy') {
    for (const line of decision.lines.slice(header.after)) say(HookFrame.stdout, `${line}\n`)
    return decide(decision.kind === 'accept')
  }
  try {
    await keepObjects(live.repo, header.quarantine)
    const { ref, old, new: commit } = decision.update
    const push = await deps.intake.begin({
      app: live.app.id,
      actor: live.actor,
      token,
      ref,
      old,
      commit,
      lines: decision.lines,
    })
    return await follow(deps, push, header.after, say, decide, signal)
  } catch (error) {
    if (!isDomainError(error)) throw error
    say(HookFrame.stdout, ` !     Push rejected: ${error.message}\n`)
    return decide(false)
  }
}

async function follow(
  deps: HookSocketDeps,
  push: AcceptedPush,
  after: number,
  say: (type: number, text: string) => void,
  decide: (accepted: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  for await (const { text } of deps.intake.follow(push, after, signal)) say(HookFrame.stdout, `${text}\n`)
  if (!signal.aborted) decide(await deps.intake.accepted(push))
}

/** The header, git's lines, an empty line. */
function readRequest(socket: Socket): Promise<string[]> {
  return new Promise((resolve, reject) => {
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (data: string) => {
      text += data
      const end = text.indexOf('\n\n')
      if (end >= 0) resolve(text.slice(0, end).split('\n'))
      else if (text.length > MAX_REQUEST) reject(new Error('the hook sent more than it may'))
    })
    socket.once('end', () => reject(new Error('the hook went away in the middle of its request')))
  })
}
