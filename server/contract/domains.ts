import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { HostName, Time } from './ids.ts'

export const Domain = z.object({
  hostname: z.string(),
  kind: z.enum(['platform', 'custom']),
  created_at: Time,
})
export type Domain = z.infer<typeof Domain>

export const domainEndpoints = {
  list: endpoint('GET', '/apps/:app/domains', {
    access: 'app:view',
    summary: 'Host names that reach the app.',
    reply: z.array(Domain),
  }),
  add: endpoint('POST', '/apps/:app/domains', {
    access: 'app:manage',
    summary: 'Let a host name reach the app; its certificate is fetched at the first request.',
    body: z.object({ hostname: HostName }),
    reply: Domain,
    status: 201,
  }),
  remove: endpoint('DELETE', '/apps/:app/domains/:hostname', {
    access: 'app:manage',
    summary: 'Stop serving a host name.',
    reply: Domain,
  }),
} as const
