import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AgentConfig, nativePath } from '../config.ts'
import type { Endpoint } from '../command/nft.ts'
import type { GuestTable } from '../command/nft-guests.ts'
import type { Driver } from '../driver/driver.ts'
import { createContainedDriver } from '../driver/contained.ts'
import { lxc } from '../driver/lxc.ts'
import { nspawn } from '../driver/nspawn.ts'
import { APP_PORT, edgeAddress, kernelNames } from '../installation.ts'
import { openLimiter } from '../limits/cgroup.ts'
import { cellNetwork, gateway } from '../network/address.ts'
import { createFirewall, type Firewall } from '../network/firewall.ts'
import { type Cells, createCells } from './cells.ts'
import { ensureDelegatedGroup } from './delegated-group.ts'
import { readRegistries, registryUrls } from './engine.ts'

export interface Machine {
  /** All that this machine could run; each tells itself whether it can. */
  readonly drivers: readonly Driver[]
  readonly cells: Cells
  readonly firewall: Firewall
}

/**
 * The real machine: bridge and firewall first, or nothing is started; then groups, drivers and cells.
 * @param running what the firewall has to hold for instances that run already
 */
export async function openMachine(
  config: AgentConfig,
  skeletons: string,
  running: { readonly guests: GuestTable; readonly registries: readonly Endpoint[] },
): Promise<Machine> {
  const { installation, paths } = config
  const { id, range, ports } = installation
  const names = kernelNames(id)
  const bridge = names.bridge
  const callers = [config.net, config.router].flatMap((user) => (user === null ? [] : [user.uid]))
  const firewall = createFirewall({
    table: names.table,
    bridge,
    range,
    gateway: gateway(range),
    cells: cellNetwork(range),
    dnsPort: ports.dns,
    callers,
    router:
      config.router === null
        ? null
        : {
            uid: config.router.uid,
            loopbackPorts: [ports.dns, ports.directory, ports.edge, ports.panel],
            edge: { address: edgeAddress(id), port: APP_PORT },
          },
  })
  await firewall.load(running.guests, running.registries)
  const delegated = async (unit: string) =>
    installation.supervision === 'systemd'
      ? await ensureDelegatedGroup(names.unit(unit), `${names.cgroup}.slice`)
      : null
  const limiter = openLimiter(names.cgroup, await delegated('instances'))
  const buildLimiter = openLimiter(names.buildCgroup, await delegated('builds'), true)
  const resolvConf = join(paths.agentState, 'resolv.conf')
  writeFileSync(resolvConf, `nameserver ${gateway(range)}\n`, { mode: 0o644 })
  const native = () => nativePath(paths)
  const network = { bridge, prefix: Number(range.split('/')[1]), gateway: gateway(range) }
  const kind = (one: 'i' | 'b') => ({
    link: (index: number) => names.link(one, index),
    netns: (index: number) => names.netns(one, index),
    netnsPrefix: names.netns(one, 0).slice(0, -1),
  })
  const caBundle = () => readRegistries(paths.registries).caBundle
  const contained = {
    native,
    skeletons,
    resolvConf,
    caBundle,
    limiter,
    network,
    allowUnlimited: installation.allowUnlimited,
    names: { ...kind('i'), machine: names.machine, linkPrefix: names.link('i', 0).slice(0, -1) },
    places: new Map<string, number>(),
  }
  const drivers = [nspawn, lxc].map((supervisor) => createContainedDriver(supervisor, contained))
  const cells = createCells({
    ...kind('b'),
    limiter: buildLimiter,
    firewall,
    range,
    bridge,
    gateway: network.gateway,
    state: paths.agentState,
    shim: () => {
      const path = native()
      if (path === null)
        throw new Error('The native programs were not compiled yet; wait until "npm start" has finished')
      return join(path, 'bin', 'shim')
    },
    caBundle,
    registries: () => registryUrls(readRegistries(paths.registries), config.flakeCaches.urls),
  })
  return { drivers, cells, firewall }
}
