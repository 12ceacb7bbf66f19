import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, BlockList, connect, isIPv6, type Socket } from 'node:net'
import { type Duplex, pipeline } from 'node:stream'

export interface ProxyLimits {
  /** Bytes that all connections together may bring. */
  readonly bytes: number
  /** Connections and requests; redirects to other hosts cost one each. */
  readonly connections: number
  /** `host` or `host:port` that may be anywhere, and be asked by plain http. */
  readonly allowed: readonly string[]
}

export interface GuardedProxy extends AsyncDisposable {
  /** With a secret of its own: only who was given it gets through. */
  readonly url: string
  /** Why it refused something; null: it did not. */
  refused(): string | null
}

const inside = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // Azure's metadata: public by its number.
  ['168.63.129.16', 32],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  inside.addSubnet(network, prefix, 'ipv4')
const publicV6 = new BlockList()
publicV6.addSubnet('2000::', 3, 'ipv6')
/** Within the public range, yet they carry an IPv4 address or lead nowhere. */
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
] as const)
  inside.addSubnet(network, prefix, 'ipv6')

/** Whether an address belongs to the internet at large: not to this machine, its networks or its cloud. */
export function isPublicAddress(address: string): boolean {
  if (isIPv6(address)) return publicV6.check(address, 'ipv6') && !inside.check(address, 'ipv6')
  return !inside.check(address, 'ipv4')
}

/**
 * A proxy on loopback for one fetch: it resolves each name itself and connects to exactly the address that it looked at,
 * so neither a redirect nor a name whose address changes leads into the platform's own networks.
 */
export async function openGuardedProxy(limits: ProxyLimits): Promise<GuardedProxy> {
  const secret = randomBytes(24).toString('base64url')
  const wanted = createHash('sha256')
    .update(`Basic ${Buffer.from(`git:${secret}`).toString('base64')}`)
    .digest()
  const open = new Set<Duplex>()
  let why: string | null = null
  let bytes = 0
  let connections = 0

  const refuse = (reason: string): Error => {
    why ??= reason
    return new Error(reason)
  }
  const knows = ({ headers }: IncomingMessage) =>
    timingSafeEqual(
      createHash('sha256')
        .update(headers['proxy-authorization'] ?? '')
        .digest(),
      wanted,
    )

  /** The address to connect to. @throws when it must not be. */
  async function place(host: string, port: number, plain: boolean): Promise<string> {
    connections += 1
    if (connections > limits.connections) throw refuse('it led through too many redirects')
    const allowed = limits.allowed.includes(host) || limits.allowed.includes(`${host}:${port}`)
    if (plain && !allowed) throw refuse(`${host} would be asked by plain http; use https`)
    const bare = host.replace(/^\[|\]$/g, '')
    const found = await lookup(bare, { all: true }).catch(() => {
      throw refuse(`the name ${host} cannot be resolved`)
    })
    const first = found.find(({ address }) => allowed || isPublicAddress(address))
    if (first === undefined || (!allowed && found.some(({ address }) => !isPublicAddress(address))))
      throw refuse(`${host} is in a network that sources are not fetched from`)
    return first.address
  }

  function count(socket: Socket): void {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= limits.bytes) return
      refuse(`it is larger than ${Math.floor(limits.bytes / 1_000_000)} MB`)
      for (const one of open) one.destroy()
    })
  }

  async function tunnel(asked: IncomingMessage, client: Duplex): Promise<void> {
    const { hostname, port } = new URL(`https://${asked.url ?? ''}`)
    const to = Number(port === '' ? 443 : port)
    const address = await place(hostname, to, false)
    const target = connect(to, address)
    count(target)
    target.once('error', () => {
      refuse(`${hostname} does not answer`)
      client.destroy()
    })
    client.once('error', () => target.destroy())
    target.once('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      target.pipe(client)
      client.pipe(target)
    })
    client.once('close', () => target.destroy())
    target.once('close', () => client.end())
  }

  async function forward(asked: IncomingMessage, reply: ServerResponse): Promise<void> {
    const url = new URL(asked.url ?? '')
    if (url.protocol !== 'http:') throw refuse('only http and https are spoken')
    const to = Number(url.port === '' ? 80 : url.port)
    const address = await place(url.hostname, to, true)
    const { 'proxy-authorization': _, 'proxy-connection': __, ...headers } = asked.headers
    const onward = request(
      {
        host: address,
        port: to,
        method: asked.method,
        path: url.pathname + url.search,
        headers: { ...headers, host: url.host },
        agent: false,
      },
      (answer) => {
        reply.writeHead(answer.statusCode ?? 502, answer.headers)
        // An answer that is cut off has to end as one.
        pipeline(answer, reply, () => undefined)
      },
    )
    onward.once('socket', count)
    onward.once('error', () => {
      refuse(`${url.host} does not answer`)
      reply.destroy()
    })
    asked.pipe(onward)
  }

  const server = createServer((asked, reply) => {
    if (!knows(asked)) return void reply.writeHead(407, { 'Proxy-Authenticate': 'Basic realm="git"' }).end()
    forward(asked, reply).catch(() => reply.writeHead(403).end())
  })
  server.on('connect', (asked: IncomingMessage, client: Duplex) => {
    open.add(client)
    client.once('close', () => open.delete(client))
    client.on('error', () => undefined)
    if (!knows(asked))
      return void client.end(
        'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="git"\r\n\r\n',
      )
    tunnel(asked, client).catch(() => client.end('HTTP/1.1 403 Forbidden\r\n\r\n'))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://git:${secret}@127.0.0.1:${port}`,
    refused: () => why,
    async [Symbol.asyncDispose]() {
      for (const one of open) one.destroy()
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
