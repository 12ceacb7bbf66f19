import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * What a deploy costs at the very least: git's own HTTP back end, `git archive | tar`, hard links to the dependencies,
 * one process start, a pointer in a router. No build, no isolation, no database, nothing that survives a crash.
 */
export class Floor {
  readonly #folder: string
  readonly #dependencies: string | null
  #current: { child: ChildProcess; port: number } | null = null
  #number = 0
  readonly #git: Server
  readonly #router: Server

  private constructor(folder: string, dependencies: string | null) {
    this.#folder = folder
    this.#dependencies = dependencies
    this.#git = createServer((req, res) => void this.#serveGit(req, res))
    this.#router = createServer((req, res) => this.#route(req, res))
  }

  /** `dependencies`: a node_modules folder that each release gets by hard links. */
  static async start(dependencies: string | null): Promise<Floor> {
    const folder = await mkdtemp(join(tmpdir(), 'skypanel-floor-'))
    await run('git', ['init', '-q', '-b', 'main', '--bare', join(folder, 'app.git')])
    await run('git', ['-C', join(folder, 'app.git'), 'config', 'http.receivepack', 'true'])
    const floor = new Floor(folder, dependencies)
    for (const server of [floor.#git, floor.#router])
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    return floor
  }

  get gitUrl(): string {
    return `http://127.0.0.1:${(this.#git.address() as AddressInfo).port}/app.git`
  }

  get webUrl(): string {
    return `http://127.0.0.1:${(this.#router.address() as AddressInfo).port}/`
  }

  async #serveGit(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '/', 'http://localhost')
    const cgi = spawn('git', ['http-backend'], {
      env: {
        PATH: process.env['PATH'] ?? '',
        GIT_PROJECT_ROOT: this.#folder,
        GIT_HTTP_EXPORT_ALL: '1',
        REQUEST_METHOD: req.method ?? 'GET',
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        CONTENT_TYPE: req.headers['content-type'] ?? '',
        REMOTE_USER: 'floor',
        REMOTE_ADDR: '127.0.0.1',
        ...(req.headers['content-encoding'] === undefined
          ? {}
          : { HTTP_CONTENT_ENCODING: req.headers['content-encoding'] }),
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    req.pipe(cgi.stdin)
    const chunks: Buffer[] = []
    for await (const chunk of cgi.stdout) chunks.push(chunk as Buffer)
    const answer = Buffer.concat(chunks)
    const end = answer.indexOf('\r\n\r\n')
    for (const line of answer.subarray(0, end).toString().split('\r\n')) {
      const colon = line.indexOf(':')
      if (line.startsWith('Status:')) res.statusCode = Number(line.slice(8, 11))
      else if (colon > 0) res.setHeader(line.slice(0, colon), line.slice(colon + 1).trim())
    }
    if (req.method === 'POST' && url.pathname.endsWith('git-receive-pack')) await this.#deploy()
    res.end(answer.subarray(end + 4))
  }

  async #deploy(): Promise<void> {
    const release = join(this.#folder, `r${++this.#number}`)
    await mkdir(release)
    const archive = spawn('git', ['-C', join(this.#folder, 'app.git'), 'archive', 'HEAD'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const tar = spawn('tar', ['-x', '-C', release], { stdio: ['pipe', 'ignore', 'inherit'] })
    archive.stdout.pipe(tar.stdin)
    await new Promise((done) => tar.once('close', done))
    if (this.#dependencies !== null)
      await run('cp', ['-al', this.#dependencies, join(release, 'node_modules')])
    const port = await freePort()
    const child = spawn(process.execPath, ['index.js'], {
      cwd: release,
      env: { PATH: process.env['PATH'] ?? '', PORT: String(port) },
      stdio: 'ignore',
    })
    await answers(`http://127.0.0.1:${port}/`)
    const old = this.#current
    this.#current = { child, port }
    old?.child.kill('SIGTERM')
  }

  #route(req: IncomingMessage, res: ServerResponse): void {
    if (this.#current === null) {
      res.writeHead(503).end()
      return
    }
    const upstream = request(
      {
        host: '127.0.0.1',
        port: this.#current.port,
        path: req.url,
        method: req.method,
        headers: req.headers,
      },
      (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(res)
      },
    )
    upstream.on('error', () => res.writeHead(502).end())
    req.pipe(upstream)
  }

  async stop(): Promise<void> {
    this.#current?.child.kill('SIGKILL')
    this.#git.close()
    this.#router.close()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}

/** Waits until a URL answers 200, asking every ms. */
export async function answers(
  url: string,
  expected?: string,
  headers: Record<string, string> = {},
): Promise<void> {
  for (let deadline = Date.now() + 60_000; Date.now() < deadline; ) {
    const text = await get(url, headers)
    if (text !== null && (expected === undefined || text.includes(expected))) return
    await new Promise((done) => setTimeout(done, 1))
  }
  throw new Error(`${url} did not answer ${expected ?? '200'} within 60 s`)
}

function get(url: string, headers: Record<string, string>): Promise<string | null> {
  return new Promise((done) => {
    const req = request(url, { headers, agent: false }, (res) => {
      let text = ''
      res.on('data', (data) => (text += data))
      res.on('end', () => done(res.statusCode === 200 ? text : null))
      res.on('error', () => done(null))
    })
    req.on('error', () => done(null))
    req.end()
  })
}

/** A copy of an app as a git repository of its own. */
export async function repository(app: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'skypanel-bench-'))
  await cp(app, folder, { recursive: true, filter: (path) => !path.includes('node_modules') })
  await run('git', ['init', '-q', '-b', 'main', folder])
  await commit(folder, 'first')
  return folder
}

export async function commit(folder: string, message: string): Promise<void> {
  await run('git', ['-C', folder, 'add', '-A'])
  await run('git', [
    '-C',
    folder,
    '-c',
    'user.name=bench',
    '-c',
    'user.email=bench@localhost',
    'commit',
    '-q',
    '--allow-empty',
    '-m',
    message,
  ])
}
