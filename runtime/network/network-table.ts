import type { NetworkTable } from '../../server/contract/directory.ts'
import { AppId } from '../../server/contract/ids.ts'
import type { AppNetwork } from '../../server/contract/network.ts'
import type { Endpoint } from '../command/nft.ts'
import { type Guest, ruledApps } from '../command/nft-guests.ts'
import { addressesOf, type Pins } from './pins.ts'

export type Networks = ReadonlyMap<string, AppNetwork>

/** A package registry by name (or address) and port. */
export interface RegistryHost {
  readonly host: string
  readonly port: number
}

export function registryHosts(urls: readonly string[]): RegistryHost[] {
  const found = urls.flatMap((text) => {
    if (!URL.canParse(text)) return []
    const { hostname, port, protocol } = new URL(text)
    if (hostname === '') return []
    return [{ host: hostname, port: port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port) }]
  })
  return [...new Map(found.map((one) => [`${one.host}:${one.port}`, one])).values()]
}

const isAddress = (host: string) => /^\d+(\.\d+){3}$/.test(host)

/** The names that an app's policy lets it look up. */
export function hostsOf({ egress }: AppNetwork, registries: readonly RegistryHost[]): string[] {
  if (egress.policy === 'registries')
    return [...new Set(registries.map(({ host }) => host).filter((host) => !isAddress(host)))]
  if (egress.policy !== 'allow') return []
  return [...new Set(egress.rules.flatMap(({ target }) => (target.kind === 'host' ? [target.host] : [])))]
}

/** Where guests with the policy `registries` may go. */
export function registryEndpoints(registries: readonly RegistryHost[], pins: Pins): Endpoint[] {
  const all = registries.flatMap(({ host, port }) =>
    (isAddress(host) ? [host] : addressesOf(pins, host)).map((address) => ({ address, port })),
  )
  return [...new Map(all.map((one) => [`${one.address}:${one.port}`, one])).values()]
}

/** What the directory is told: the guests of apps that something was decided about, and of those they are linked to. */
export function networkTable(
  node: string,
  guests: readonly Guest[],
  networks: Networks,
  registries: readonly RegistryHost[],
  pins: Pins,
): NetworkTable {
  const ruled = ruledApps(guests, networks)
  const links = Object.fromEntries([...ruled].map((app) => [app, networks.get(app)?.links ?? []]))
  const named = new Set([...ruled, ...Object.values(links).flat()])
  const restricted: NetworkTable['restricted'] = {}
  for (const app of ruled) {
    const network = networks.get(app)
    if (network === undefined || network.egress.policy === 'open') continue
    restricted[app] = hostsOf(network, registries)
  }
  const hosts = [...new Set(Object.values(restricted).flat())]
  return {
    complete: true,
    node,
    guests: guests
      .filter(({ app }) => named.has(app))
      .map(({ address, app, appName, type, ready }) => ({
        address,
        app: AppId.parse(app),
        name: appName,
        type,
        ready,
      })),
    links,
    restricted,
    pins: Object.fromEntries(hosts.map((host) => [host, addressesOf(pins, host)])),
  }
}
