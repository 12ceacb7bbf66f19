import { setTimeout as sleep } from 'node:timers/promises'
import { edgeAddress, gatewayAddress, type Installation, type Paths } from '../installation.ts'
import { consulRegistry } from '../registry/consul.ts'
import { askServer } from './ask-server.ts'
import { clientKinds } from './clients.ts'
import { openDirectory, type Directory } from './directory.ts'
import { serveTcp, serveUdp, type DnsParts } from './dns-server.ts'
import { feedServer } from './feed-server.ts'
import { followConsul } from './follow-consul.ts'
import { openForwarder } from './forward.ts'
import { listenTcp, listenUnix } from './listen.ts'
import { machineResolvers, type Resolver } from './resolvers.ts'
import { resolveHosts } from './resolve-hosts.ts'
import { loadTold } from './snapshot.ts'

const LOOPBACK = '127.0.0.1'
const BRIDGE_RETRY_MS = 1000

export interface RunningDirectory {
  readonly directory: Directory
  close(): void
}

/** Hosts of ours that are no app's; with a public domain they get certificates too. */
export function ownHosts(domain: string | null): string[] {
  return domain === null ? [] : [`panel.${domain}`]
}

/** Starts all of the directory. What was told before is loaded first, so the first answer is already the right one. */
export async function startDirectory(options: {
  readonly installation: Installation
  readonly paths: Paths
  /** A UDP socket that the supervisor holds, or null. */
  readonly dnsFd: number | null
  readonly say: (message: string, facts?: Record<string, unknown>) => void
  readonly resolvers?: () => Promise<readonly Resolver[]>
}): Promise<RunningDirectory> {
  const { installation, paths, say } = options
  const { ports } = installation
  const stop = new AbortController()
  const directory = openDirectory({
    told: await loadTold(paths.directory, say),
    folder: paths.directory,
    edge: edgeAddress(installation.id),
    ownHosts: ownHosts(installation.domain),
    now: () => performance.timeOrigin + performance.now(),
  })
  const parts: DnsParts = {
    resolve: (host) => directory.resolve(host),
    clientKind: clientKinds(installation.range),
    forward: openForwarder(options.resolvers ?? machineResolvers()),
    guest: (address, name) => directory.guest(address, name),
  }
  const { dnsFd } = options
  const closers: (() => unknown)[] = []
  const udp = await serveUdp(parts, dnsFd === null ? { address: LOOPBACK, port: ports.dns } : { fd: dnsFd })
  closers.push(() => udp.close())
  const tcp = await serveTcp(parts, LOOPBACK, ports.dns)
  closers.push(() => tcp.close())
  const ask = askServer(directory, say)
  await listenTcp(ask, LOOPBACK, ports.directory)
  closers.push(() => (ask.closeAllConnections(), ask.close()))
  const feed = feedServer(directory, say, (hosts) => resolveHosts(parts.forward, hosts))
  await listenUnix(feed, paths.directorySocket)
  closers.push(() => (feed.closeAllConnections(), feed.close()))
  void serveBridge(parts, gatewayAddress(installation.range), ports.dns, stop.signal, closers)
  if (installation.registry === 'auto') {
    const consul = consulRegistry({ installation: installation.id, port: ports.consulHttp })
    void followConsul(directory, consul, stop.signal, say)
  }
  return {
    directory,
    close() {
      stop.abort()
      for (const close of closers) close()
    },
  }
}

/**
 * The same answers on the bridge, where nft sends the DNS of instances and cells. The bridge comes with the agent,
 * perhaps later than we: tried every second until it is there.
 */
async function serveBridge(
  parts: DnsParts,
  address: string,
  port: number,
  signal: AbortSignal,
  closers: (() => unknown)[],
): Promise<void> {
  const listeners = [() => serveUdp(parts, { address, port }), () => serveTcp(parts, address, port)]
  for (const listen of listeners) {
    let listening = false
    while (!listening && !signal.aborted) {
      try {
        const socket = await listen()
        closers.push(() => socket.close())
        listening = true
      } catch {
        await sleep(BRIDGE_RETRY_MS, undefined, { signal }).catch(() => undefined)
      }
    }
  }
}
