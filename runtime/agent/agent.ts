import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BuildEngine, CellProvider } from '../../buildpacks/engine.ts'
import { type AgentConfig, nativePath } from '../config.ts'
import { createFakeDriver } from '../driver/fake.ts'
import { chooseAmong } from '../driver/choose.ts'
import { kernelNames } from '../installation.ts'
import { BRIDGE_PORTS, instanceAddress, loopbackAddress } from '../network/address.ts'
import { consulRegistry } from '../registry/consul.ts'
import { embeddedRegistry } from '../registry/embedded.ts'
import { createBuilds } from './builds.ts'
import type { Cells } from './cells.ts'
import type { AgentContext } from './context.ts'
import { directoryClient } from './directory-client.ts'
import { openEngine, readRegistries, registryUrls } from './engine.ts'
import { openFence } from './epoch.ts'
import { createExecs } from './execs.ts'
import type { Instances } from './instance-orders.ts'
import { loadRecords } from './instance-record.ts'
import { createInstances } from './instances.ts'
import { type Machine, openMachine } from './machine.ts'
import { createNetworks } from './networks.ts'
import { peerUid } from './peer.ts'
import { localProber, separateProber } from './probe-client.ts'
import { createPublisher } from './publisher.ts'
import { serve } from './serve.ts'
import { createVolumes, mountedDisk } from '../volumes/volumes.ts'
import { openUidRanges } from './uid-ranges.ts'

export type EngineOf = (config: AgentConfig, cells: CellProvider) => Promise<BuildEngine>
export type Warn = (message: string, error?: unknown) => void

export interface RunningAgent {
  readonly context: AgentContext
  /** Closes the door; instances and their files stay as they are. */
  close(): Promise<void>
}

const TIDY_MS = 30_000
const PARALLEL_STARTS = 4

/** Builds the agent of an installation: takes over what runs, then opens the socket. */
export async function startAgent(
  config: AgentConfig,
  warn: Warn,
  engineOf: EngineOf = openEngine,
): Promise<RunningAgent> {
  const { installation, paths } = config
  const skeletons = join(paths.agentState, 'skeletons')
  for (const folder of [paths.agentState, skeletons]) mkdirSync(folder, { recursive: true, mode: 0o711 })
  const real = installation.driver !== 'fake'
  const names = kernelNames(installation.id)
  let firewall: Machine['firewall'] | null = null
  let instances: Instances | null = null
  const networks = createNetworks({
    file: join(paths.agentState, 'networks.json'),
    node: config.node,
    bridge: names.bridge,
    firewall: real
      ? { setGuests: async (guests, registries) => await firewall?.setGuests(guests, registries) }
      : null,
    directory: directoryClient(paths.directorySocket),
    registries: () => registryUrls(readRegistries(paths.registries), config.flakeCaches.urls),
    present: () => instances?.present() ?? [],
    warn,
  })
  const left = real ? loadRecords(paths.instances).records.filter(({ state }) => !state.cleared) : []
  const machine = real ? await openMachine(config, skeletons, networks.table(left)) : null
  firewall = machine?.firewall ?? null
  const driver = chooseAmong(machine?.drivers ?? [createFakeDriver()], installation.driver)
  const cells: Cells = machine?.cells ?? noCells
  await cells.sweep()
  const engine = await engineOf(config, cells)
  for (const one of await engine.sweep()) warn(`Removed what a build left: ${one}`)
  const uids = openUidRanges(join(paths.agentState, 'uids.json'), installation.id)
  const embedded = embeddedRegistry(paths.directorySocket)
  const consul =
    installation.registry === 'auto'
      ? [consulRegistry({ installation: installation.id, port: installation.ports.consulHttp })]
      : []
  const volumes = createVolumes({
    folder: paths.volumes,
    mounted: (instance, volume) => mountedDisk(instances?.find(instance) ?? null, volume),
  })
  const running = createInstances({
    driver,
    networks,
    volumes,
    uids,
    folder: paths.instances,
    logsRead: join(paths.logs, 'read'),
    logGroup: process.getuid?.() === 0 ? (config.net?.gid ?? null) : null,
    prober:
      config.net === null || !real
        ? localProber()
        : separateProber(config.net, (error) => warn('The prober cannot be started', error)),
    publisher: (serving) => createPublisher(config.node, [embedded, ...consul], serving),
    address: (index) =>
      real ? instanceAddress(installation.range, index) : loopbackAddress(index, installation.id),
    addresses: BRIDGE_PORTS,
    parallelStarts: PARALLEL_STARTS,
    warn,
  })
  instances = running
  const builds = createBuilds({
    engine,
    folder: paths.builds,
    concurrent: config.concurrentBuilds,
    killCells: (build) => cells.killAll(build),
    warn,
  })
  const context: AgentContext = {
    config,
    driver,
    engine,
    instances: running,
    execs: createExecs(running),
    builds,
    networks,
    volumes,
    uids,
    skeletons,
    fence: openFence(join(paths.agentState, 'epoch.json')),
  }
  await running.adopt()
  if (real) for (const image of await volumes.sweep()) warn(`Let go of a volume that nobody has: ${image}`)
  const door = await serve(context, {
    warn,
    path: paths.agentSocket,
    group: process.getuid?.() === 0 ? (config.server?.gid ?? null) : null,
    allowed: async (socket) => {
      const native = nativePath(paths)
      // Until the native programs are compiled, only the socket's own permissions guard it.
      if (config.server === null || native === null) return true
      const uid = await peerUid(join(native, 'bin', 'shim'), socket)
      return uid === 0 || uid === config.server.uid
    },
  })
  const tidy = setInterval(() => {
    running.tidy(Date.now())
    networks.refresh().catch((error: unknown) => warn('What apps may reach cannot be renewed', error))
    machine?.firewall.refresh().catch((error: unknown) => warn('The firewall cannot be renewed', error))
  }, TIDY_MS)
  return {
    context,
    async close() {
      clearInterval(tidy)
      networks.close()
      running.close()
      await door.close()
    },
  }
}

const noCells: Cells = {
  open: async () => {
    throw new Error('This installation runs the fake driver, which has no build cells')
  },
  killAll: async () => undefined,
  sweep: async () => undefined,
}
