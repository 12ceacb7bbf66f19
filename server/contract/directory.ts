import { z } from 'zod'
import { AppId, InstanceId } from './ids.ts'

/**
 * The directory answers which addresses serve a host name. Its unix socket takes two documents, each complete in
 * itself: `PUT /hosts` from the server and `PUT /instances` from the agents. It keeps the last of both on disk and
 * goes on serving them when their senders are away.
 */
export const HostTable = z.object({
  /** Written last by the sender; a document without it never replaces one. */
  complete: z.literal(true),
  epoch: z.number().int().nonnegative(),
  /** `expects: false` says that no instance is on its way (nothing deployed, scaled to 0), so nobody waits for one. */
  hosts: z.record(
    z.string(),
    z.object({ app: AppId, name: z.string(), maintenance: z.boolean(), expects: z.boolean().optional() }),
  ),
})
export type HostTable = z.infer<typeof HostTable>

export const RegisteredInstance = z.object({
  id: InstanceId,
  app: AppId,
  name: z.string(),
  release: z.number().int(),
  address: z.ipv4(),
  port: z.number().int(),
})
export type RegisteredInstance = z.infer<typeof RegisteredInstance>

export const InstanceTable = z.object({
  complete: z.literal(true),
  node: z.string(),
  instances: z.array(RegisteredInstance),
})
export type InstanceTable = z.infer<typeof InstanceTable>

/**
 * `PUT /network` on the unix socket: names of apps for each other, and what those may look up that may not reach
 * everything. Holds only what is decided about: instances that are not in it find public names, and no app.
 */
export const NetworkTable = z.object({
  complete: z.literal(true),
  node: z.string(),
  guests: z.array(
    z.object({ address: z.ipv4(), app: AppId, name: z.string(), type: z.string(), ready: z.boolean() }),
  ),
  /** App → apps whose web instances it may find. */
  links: z.record(z.string(), z.array(AppId)),
  /** App → the only public names that it may look up. */
  restricted: z.record(z.string(), z.array(z.string())),
  /** Public name → the addresses that the firewall lets through; nobody restricted is told others. */
  pins: z.record(z.string(), z.array(z.ipv4())),
})
export type NetworkTable = z.infer<typeof NetworkTable>

/** `POST /resolve` on the unix socket: addresses of public names; one that cannot be resolved has none. */
export const ResolveRequest = z.object({ hosts: z.array(z.string().max(253)).max(5000) })
export const ResolveReply = z.object({ hosts: z.record(z.string(), z.array(z.string())) })

/** The zone in which instances find apps: `web.<app>.internal`. */
export const APP_ZONE = 'internal'

/**
 * What the edge asks (`GET /hosts/<host>` on the directory's loopback port) before it explains itself to a browser.
 * With `?wait=<seconds>` (10 at most) it answers as soon as the host is served, else after that time.
 */
export const HostState = z.object({
  host: z.string(),
  state: z.enum(['unknown', 'serving', 'no-instance', 'maintenance']),
  app: z.string().nullable(),
  addresses: z.array(z.string()),
  /** Whether an instance is to be expected, so that waiting for it makes sense. */
  expects: z.boolean(),
})
export type HostState = z.infer<typeof HostState>

/**
 * `POST /withdraw` on the unix socket: one instance is out at once, before its agent's next document. Answered when the
 * router cannot go by an older answer any more, which may take ROUTER_REFRESH.
 */
export const Withdrawal = z.object({ node: z.string(), instance: InstanceId })

/** `GET /state` on the unix socket. */
export const DirectoryState = z.object({
  registry: z.enum(['consul', 'embedded']),
  hosts: z.number(),
  instances: z.array(RegisteredInstance),
  since: z.number(),
})
export type DirectoryState = z.infer<typeof DirectoryState>

/** ms: how long the router goes by an answer of the directory before it asks again. */
export const ROUTER_REFRESH = 100

/** The zone under which Caddy asks; never the bare host, or a `Host: 127.0.0.1` would make it an open proxy. */
export const ROUTE_ZONE = 'route.skypanel.internal'
