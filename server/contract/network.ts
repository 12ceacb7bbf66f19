import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { AppId, AppName, Time } from './ids.ts'

/**
 * Where an app's instances may open connections to: the public network, the machine's package registries, a list of
 * its own, or nowhere. Private networks, metadata addresses and the host are closed to all of them.
 */
export const EgressPolicy = z.enum(['open', 'registries', 'allow', 'none'])
export type EgressPolicy = z.infer<typeof EgressPolicy>

export const MAX_EGRESS_RULES = 100
export const MAX_LINKS = 50

/** One target of an allow list, as `server/domain/egress.ts` reads it: a host name or a network, all ports or some. */
export const EgressRule = z.object({
  target: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('host'), host: z.string().regex(/^[a-z0-9.-]{1,253}$/) }),
    z.object({ kind: z.literal('network'), network: z.string().regex(/^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/) }),
  ]),
  /** The first and the last one, of TCP and UDP; null: every protocol and port. */
  ports: z.tuple([z.number().int().min(1).max(65_535), z.number().int().min(1).max(65_535)]).nullable(),
})
export type EgressRule = z.infer<typeof EgressRule>

/** What a node has to know of one app. The higher revision of two is the newer one. */
export const AppNetwork = z.object({
  app: AppId,
  revision: z.number().int(),
  egress: z.object({ policy: EgressPolicy, rules: z.array(EgressRule).max(MAX_EGRESS_RULES) }),
  /** Apps whose web instances this one may call. */
  links: z.array(AppId).max(MAX_LINKS),
})
export type AppNetwork = z.infer<typeof AppNetwork>

/** A host name of an allow list or of a registry, with the addresses that are open at this moment. */
export const EgressHost = z.object({ host: z.string(), addresses: z.array(z.string()) })
export type EgressHost = z.infer<typeof EgressHost>

export const Egress = z.object({
  policy: EgressPolicy,
  allow: z.array(z.string()),
  /** Hosts by name; one without addresses could not be resolved and is closed. */
  hosts: z.array(EgressHost),
  /** Whether the node has confirmed it; else it follows as soon as the node answers. */
  applied: z.boolean(),
})
export type Egress = z.infer<typeof Egress>

export const Link = z.object({
  app: z.string(),
  /** How instances find it: `web.<app>.internal`. */
  host: z.string(),
  created_at: Time,
})
export type Link = z.infer<typeof Link>

export const networkEndpoints = {
  egress: endpoint('GET', '/apps/:app/egress', {
    access: 'app:view',
    summary: 'Where the app’s instances may open connections to.',
    reply: Egress,
  }),
  setEgress: endpoint('PUT', '/apps/:app/egress', {
    access: 'app:manage',
    summary: 'Open, restrict or close what instances may reach; holds for running ones at once.',
    body: z.object({
      policy: EgressPolicy,
      /** `host`, `address` or `network/prefix`, each with `:port` or `:from-to` behind it; for `allow` alone. */
      allow: z.array(z.string().max(300)).max(MAX_EGRESS_RULES).optional(),
    }),
    reply: Egress,
  }),
  links: endpoint('GET', '/apps/:app/links', {
    access: 'app:view',
    summary: 'Apps whose web instances this one may call.',
    reply: z.array(Link),
  }),
  addLink: endpoint('POST', '/apps/:app/links', {
    access: 'app:manage',
    summary: 'Let the app call another one’s web instances; the caller has to manage both.',
    body: z.object({ app: AppName }),
    reply: Link,
    status: 201,
  }),
  removeLink: endpoint('DELETE', '/apps/:app/links/:other', {
    access: 'app:manage',
    summary: 'Close the way to another app; open connections end too.',
    reply: Link,
  }),
} as const
