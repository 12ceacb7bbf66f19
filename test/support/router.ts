import { spawn, type ChildProcess } from 'node:child_process'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttp, request, type IncomingHttpHeaders, type Server } from 'node:http'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { caddyConfig } from '../../runtime/command/caddy-config.ts'
import { startDirectory, type RunningDirectory } from '../../runtime/directory/start.ts'
import { startEdge } from '../../runtime/edge/start.ts'
import { Installation, paths } from '../../runtime/installation.ts'
import type { HostTable, RegisteredInstance } from '../../server/contract/directory.ts'
import { eventually, registered } from './registry-suite.ts'

export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

/** An installation in a temporary folder, with free ports; nothing of it is set up. */
export async function testInstallation(changes: Partial<Installation> = {}): Promise<Installation> {
  const [panel, http, https, dns, directory, edge, consulHttp, consulRpc, consulSerf] = await freePorts(9)
  const home = mkdtempSync(join(tmpdir(), 'skypanel-home-'))
  return Installation.parse({
    version: 1,
    id: Math.floor(Math.random() * 0x10000)
      .toString(16)
      .padStart(4, '0'),
    home,
    range: '10.213.0.0/18',
    domain: null,
    ports: { panel, http, https, dns, directory, edge, consulHttp, consulRpc, consulSerf },
    database: { kind: 'private' },
    driver: 'fake',
    registry: 'embedded',
    allowUnlimited: true,
    supervision: 'direct',
    ...changes,
  })
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export function fetchFrom(
  port: number,
  host: string,
  options: {
    method?: string
    path?: string
    body?: string
    headers?: Record<string, string>
    address?: string
  } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: options.address ?? '127.0.0.1',
        port,
        method: options.method ?? 'GET',
        path: options.path ?? '/',
        headers: { host, ...options.headers },
        agent: false,
      },
      (reply) => {
        let body = ''
        reply.setEncoding('utf8').on('data', (part: string) => (body += part))
        reply.on('end', () => resolve({ status: reply.statusCode ?? 0, headers: reply.headers, body }))
        reply.on('error', reject)
      },
    )
    call.on('error', reject)
    call.end(options.body)
  })
}

/** One request written by hand, for hosts that no client would send; the raw answer. */
export async function rawRequest(port: number, lines: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.on('data', (data) => (text += data.toString('latin1')))
  socket.on('error', () => undefined)
  // Not ended: half a connection counts as a client that went away.
  socket.write(lines)
  await once(socket, 'close')
  return text
}

/** An HTTP server in the place of an instance: answers its name, the method and the length of the body. */
export async function fakeInstance(address: string, name: string, port = 5000): Promise<Server> {
  const server = createHttp((incoming, outgoing) => {
    let size = 0
    incoming.on('data', (part: Buffer) => (size += part.length))
    incoming.on('end', () => {
      outgoing.setHeader('x-seen', JSON.stringify(incoming.headers))
      outgoing.end(`${name} ${incoming.method} ${size}`)
    })
  })
  server.keepAliveTimeout = 5000
  server.on('upgrade', (_incoming, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n')
    socket.on('error', () => socket.destroy())
    socket.pipe(socket)
  })
  server.listen(port, address)
  await once(server, 'listening')
  return server
}

export function instanceAt(n: number, address: string, app = 1): RegisteredInstance {
  return { ...registered(n), app: registered(app).app, address }
}

export function hostTable(
  epoch: number,
  hosts: Record<string, Partial<HostTable['hosts'][string]>>,
): HostTable {
  return {
    complete: true,
    epoch,
    hosts: Object.fromEntries(
      Object.entries(hosts).map(([host, entry]) => [
        host,
        { app: registered(1).app, name: host.split('.')[0] ?? '', maintenance: false, ...entry },
      ]),
    ),
  }
}

/** The real Caddy with our configuration, the directory and the edge, all of one throw-away installation. */
export async function startRouter(changes: Partial<Installation> = {}) {
  const installation = await testInstallation(changes)
  const at = paths(installation.home)
  mkdirSync(at.caddy, { recursive: true })
  const quiet = () => undefined
  const resolvers = () => Promise.resolve([])
  const openDirectory = () => startDirectory({ installation, paths: at, dnsFd: null, say: quiet, resolvers })
  let directory: RunningDirectory = await openDirectory()
  const edge = await startEdge(installation)
  const version = execFileSync('caddy', ['version'], { encoding: 'utf8' })
  const config = caddyConfig({
    installation,
    folder: at.caddy,
    adminSocket: join(at.caddy, 'admin.sock'),
    version,
    acme: { directory: null, email: null, roots: null },
  })
  const file = join(at.caddy, 'caddy.json')
  writeFileSync(file, JSON.stringify(config))
  const caddy: ChildProcess = spawn('caddy', ['run', '--config', file], {
    env: { PATH: process.env['PATH'], HOME: at.caddy, XDG_DATA_HOME: at.caddy, XDG_CONFIG_HOME: at.caddy },
    stdio: 'ignore',
  })
  await eventually(
    () =>
      fetchFrom(installation.ports.http, 'nobody.example.com').then(
        ({ status }) => status,
        () => 0,
      ),
    (status) => status === 404,
  )
  return {
    installation,
    at,
    http: installation.ports.http,
    https: installation.ports.https,
    directory: () => directory.directory,
    async restartDirectory() {
      directory.close()
      directory = await openDirectory()
    },
    async close() {
      const ended = once(caddy, 'exit')
      caddy.kill('SIGKILL')
      await ended
      edge.close()
      directory.close()
      rmSync(installation.home, { recursive: true, force: true })
    },
  }
}
