import Consul from 'consul'
import { z } from 'zod'
import { RegisteredInstance } from '../../server/contract/directory.ts'
import { planChanges } from './changes.ts'
import type { Registry } from './registry.ts'

const TIMEOUT_MS = 3000
/** What we believe to be in Consul is read again after this long, in case Consul lost it. */
const BELIEF_MS = 5000
const WAIT = '30s'

const Entry = z.object({
  ID: z.string(),
  Address: z.string(),
  Port: z.number(),
  Meta: z.record(z.string(), z.string()),
})
const NodeServices = z.object({ Services: z.record(z.string(), Entry) }).nullish()
const Health = z.array(z.object({ Service: Entry }))

/**
 * Consul's catalog as the registry: a node `skypanel-<id>-<node>` of ours (no agent runs there, so nobody but us
 * changes it), on it one service `skypanel-<id>` whose entries are the instances, each with a check that passes: what
 * is not ready is not registered. Every call ends within 3 s; a failure says what did not answer.
 */
export function consulRegistry(options: {
  readonly installation: string
  readonly port: number
  readonly host?: string
  readonly now?: () => number
}): Registry {
  const client = new Consul({ host: options.host ?? '127.0.0.1', port: options.port })
  const service = `skypanel-${options.installation}`
  const nodeName = (node: string) => `${service}-${node}`
  const now = options.now ?? Date.now
  const beliefs = new Map<
    string,
    { readonly instances: readonly RegisteredInstance[]; readonly read: number }
  >()

  const turns = new Map<string, Promise<void>>()

  /** Every option of the library's calls is passed on; its types leave the time-out out. */
  const limited = <T extends object>(call: T): T => Object.assign(call, { timeout: TIMEOUT_MS })

  async function present(node: string): Promise<readonly RegisteredInstance[]> {
    const belief = beliefs.get(node)
    if (belief !== undefined && now() - belief.read < BELIEF_MS) return belief.instances
    const reply: unknown = await client.catalog.node.services(limited({ node: nodeName(node) }))
    const instances = Object.values(NodeServices.parse(reply)?.Services ?? {}).flatMap(toInstance)
    beliefs.set(node, { instances, read: now() })
    return instances
  }

  async function register(node: string, instance: RegisteredInstance): Promise<void> {
    const { id, app, name, release, address, port } = instance
    await client.catalog.register(
      limited({
        node: nodeName(node),
        address: '127.0.0.1',
        nodemeta: { installation: options.installation },
        service: { id, service, address, port, meta: { app, name, release: String(release) } },
        check: { checkid: `ready:${id}`, name: 'ready', serviceid: id, status: 'passing' as const },
      }),
    )
  }

  const deregister = (node: string, id: string) =>
    client.catalog.deregister(limited({ node: nodeName(node), serviceid: id }))

  /** Runs the changes of a node one after the other; after a failure nothing is believed of the node. */
  function changing(node: string, change: () => Promise<void>): Promise<void> {
    const done = (turns.get(node) ?? Promise.resolve()).then(change).catch((error: unknown) => {
      beliefs.delete(node)
      throw told(error, options.port)
    })
    turns.set(
      node,
      done.catch(() => undefined),
    )
    return done
  }

  return {
    name: 'consul',
    async ping() {
      try {
        const leader: unknown = await client.status.leader(limited({}))
        return typeof leader === 'string' && leader !== ''
          ? { ok: true }
          : { ok: false, reason: 'Consul has no leader yet' }
      } catch (error) {
        return { ok: false, reason: told(error, options.port).message }
      }
    },
    publish: (node, instances) =>
      changing(node, async () => {
        const { add, remove } = planChanges(await present(node), instances)
        // What leaves goes first: it may be about to stop.
        await Promise.all(remove.map((id) => deregister(node, id)))
        await Promise.all(add.map((instance) => register(node, instance)))
        if (add.length + remove.length > 0) beliefs.set(node, { instances: [...instances], read: now() })
      }),
    withdraw: (node, instance) =>
      changing(node, async () => {
        await deregister(node, instance)
        const belief = beliefs.get(node)
        if (belief !== undefined) {
          beliefs.set(node, { ...belief, instances: belief.instances.filter(({ id }) => id !== instance) })
        }
      }),
    async watch(changed, signal) {
      if (signal.aborted) return
      await new Promise<void>((resolve) => {
        const watch = client.watch({
          method: client.health.service.bind(client.health),
          options: { service, passing: 'true', wait: WAIT },
          backoffFactor: 50,
          backoffMax: 1000,
        })
        watch.on('change', (data: unknown) => {
          const entries = Health.safeParse(data)
          if (entries.success) changed(entries.data.flatMap((entry) => toInstance(entry.Service)))
        })
        // The library tries again by itself; while Consul is away nothing is called.
        watch.on('error', () => undefined)
        watch.on('end', resolve)
        signal.addEventListener('abort', () => watch.end(), { once: true })
      })
    },
  }
}

/** An entry as we registered it; what somebody else wrote under our name is left out. */
function toInstance(entry: z.infer<typeof Entry>): RegisteredInstance[] {
  const { app, name, release } = entry.Meta
  const parsed = RegisteredInstance.safeParse({
    id: entry.ID,
    app,
    name,
    release: Number(release),
    address: entry.Address,
    port: entry.Port,
  })
  return parsed.success ? [parsed.data] : []
}

function told(error: unknown, port: number): Error {
  const reason = error instanceof Error ? error.message : String(error)
  return new Error(`Consul does not do as asked on port ${port}: ${reason}`, { cause: error })
}
