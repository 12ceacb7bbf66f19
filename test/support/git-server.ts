import { execFile, spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { AccountId, AppId, BuildId, DeploymentId } from '../../server/contract/ids.ts'
import type { AcceptedPush, NewPush, PushIntake } from '../../server/deploy/push-intake.ts'
import { listenForHooks } from '../../server/git/hook-socket.ts'
import { installHook } from '../../server/git/install-hook.ts'
import { createPushes } from '../../server/git/pushes.ts'
import { createGitHandler } from '../../server/git/receive.ts'
import { repoPath } from '../../server/git/repo.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const tsx = join(root, 'node_modules/tsx/dist/esm/index.mjs')

export interface GitOutput {
  readonly code: number
  readonly text: string
}

/** Runs git as a user would, without the machine's configuration and without asking anybody. */
export function git(cwd: string, ...args: string[]): Promise<GitOutput> {
  return new Promise((resolve) => {
    execFile('git', args, { cwd, env: gitEnv(), maxBuffer: 16 << 20 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), text: stdout + stderr }),
    )
  })
}

export const spawnGit = (cwd: string, ...args: string[]) =>
  spawn('git', args, { cwd, env: gitEnv(), stdio: 'pipe' })

function gitEnv() {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: '/nonexistent',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: 'Ada',
    GIT_AUTHOR_EMAIL: 'ada@example.org',
    GIT_COMMITTER_NAME: 'Ada',
    GIT_COMMITTER_EMAIL: 'ada@example.org',
  }
}

/** The hooks that this machine can run: the script always, the native one where a compiler makes it. */
export async function hooksToTest(): Promise<{ name: string; nativeFile: string }[]> {
  const folder = await mkdtemp(join(tmpdir(), 'skypanel-hook-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'bin'))
  const built = spawnSync('cc', [
    '-O1',
    '-o',
    join(folder, 'bin', 'hook'),
    join(root, 'runtime/native/hook.c'),
  ])
  await writeFile(join(folder, 'native.json'), JSON.stringify({ path: folder }))
  const script = { name: 'the script', nativeFile: '/nonexistent' }
  return built.status === 0
    ? [script, { name: 'the native hook', nativeFile: join(folder, 'native.json') }]
    : [script]
}

/** How a push that is taken in goes on; lines are said one by one. */
export type Behaviour = (push: NewPush, say: (line: string) => void, signal: AbortSignal) => Promise<boolean>

interface Running {
  readonly push: AcceptedPush
  readonly request: NewPush
  readonly lines: string[]
  outcome: boolean | null
  changed: () => void
  wait: Promise<void>
}

/**
 * git's side with a small honest intake behind it: it keeps each push's lines and outcome as the database does, and
 * lands refs that git did not move itself.
 */
export async function startGitServer(
  behaviour: Behaviour,
  options: { nativeFile?: string; maxPack?: number } = {},
) {
  const home = await mkdtemp(join(tmpdir(), 'skypanel-git-'))
  const paths = { root: join(home, 'git'), hooks: join(home, 'hooks'), hookSocket: join(home, 'hook.sock') }
  await mkdir(paths.root)
  const hook = await installHook(paths.hooks, options.nativeFile ?? '/nonexistent', '/nix', [
    process.execPath,
    '--import',
    tsx,
  ])
  const app = { id: randomUUID() as AppId, name: 'shop', deployBranch: 'main' }
  const runs = new Map<string, Running>()
  const stop = new AbortController()
  const warnings: string[] = []
  let begun = 0

  const intake: PushIntake = {
    async begin(request) {
      begun += 1
      const push = {
        app: request.app,
        build: randomUUID() as BuildId,
        deployment: randomUUID() as DeploymentId,
      }
      const run: Running = {
        push,
        request,
        lines: [...request.lines],
        outcome: null,
        changed: () => undefined,
        wait: Promise.resolve(),
      }
      const arm = () => {
        run.wait = new Promise((resolve) => (run.changed = resolve))
      }
      const moved = () => {
        const { changed } = run
        arm()
        changed()
      }
      arm()
      runs.set(request.token.toString('hex'), run)
      void behaviour(request, (line) => (run.lines.push(line), moved()), stop.signal)
        .catch(() => false)
        .then((outcome) => {
          run.outcome = outcome
          moved()
        })
      return push
    },
    find: async (token) => runs.get(token.toString('hex'))?.push ?? null,
    async *follow({ build }, after, signal) {
      const run = [...runs.values()].find(({ push }) => push.build === build)
      if (run === undefined) return
      const aborted = new Promise<void>((resolve) =>
        signal.addEventListener('abort', () => resolve(), { once: true }),
      )
      for (let seq = after; ; ) {
        const { wait } = run
        while (seq < run.lines.length) {
          yield { seq: seq + 1, text: run.lines[seq] ?? '', time: null }
          seq += 1
        }
        if (run.outcome !== null || signal.aborted) return
        await Promise.race([wait, aborted])
      }
    },
    accepted: async ({ build }) =>
      [...runs.values()].find(({ push }) => push.build === build)?.outcome === true,
  }

  let pushes = createPushes()
  const warn = (message: string, error: unknown) => void warnings.push(`${message}: ${String(error)}`)
  let hooks = await listenForHooks({ path: paths.hookSocket, pushes, intake, warn })
  const makeHandler = () =>
    createGitHandler({
      ...paths,
      maxPack: options.maxPack ?? 150_000_000,
      pushes,
      warn,
      authenticate: async ({ headers }) => {
        const [, basic = ''] = /^Basic (.+)$/.exec(headers.authorization ?? '') ?? []
        const [, password] = Buffer.from(basic, 'base64').toString().split(':')
        return password === 'secret' || password === 'guest'
          ? { account: randomUUID() as AccountId, email: `${password}@example.org` }
          : null
      },
      openApp: async ({ email }, name) =>
        name === app.name ? { ...app, mayDeploy: email.startsWith('secret') } : null,
    })
  let handler = makeHandler()
  const server: Server = createServer((request, response) => void handler(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const base = `http://127.0.0.1:${port}`

  return {
    app,
    home,
    hook,
    base,
    warnings,
    url: `http://u:secret@127.0.0.1:${port}/git/shop.git`,
    repo: repoPath(paths.root, app.id),
    begun: () => begun,
    runs: () => [...runs.values()],
    /** What a restart of the server is to a hook: the socket goes away and comes back, the pushes in memory are gone. */
    async restartHooks(away: number) {
      await hooks[Symbol.asyncDispose]()
      await new Promise((resolve) => setTimeout(resolve, away))
      pushes = createPushes()
      handler = makeHandler()
      hooks = await listenForHooks({ path: paths.hookSocket, pushes, intake, warn })
    },
    /** A server that was killed before it stored anything. */
    forget: () => runs.clear(),
    async [Symbol.asyncDispose]() {
      stop.abort()
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      await hooks[Symbol.asyncDispose]()
      await rm(home, { recursive: true, force: true })
    },
  }
}
export type GitServer = Awaited<ReturnType<typeof startGitServer>>

/** A checkout with one commit on main. */
export async function checkout(
  files: Readonly<Record<string, string | Buffer>> = { 'index.html': 'hello' },
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'skypanel-checkout-'))
  await git(folder, 'init', '--quiet', '--initial-branch=main')
  await commit(folder, files)
  return folder
}

export async function commit(
  folder: string,
  files: Readonly<Record<string, string | Buffer>>,
): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
  await git(folder, '-c', 'core.compression=0', 'add', '--all')
  await git(
    folder,
    '-c',
    'core.compression=0',
    'commit',
    '--quiet',
    '--message',
    `Change ${Object.keys(files).join(', ')}`,
  )
  return (await git(folder, 'rev-parse', 'HEAD')).text.trim()
}
