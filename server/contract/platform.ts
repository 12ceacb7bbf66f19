import { z } from 'zod'
import { HostTable } from './directory.ts'
import { endpoint } from './endpoint.ts'
import { BuildId } from './ids.ts'
import { VolumeId } from './volumes.ts'

export const PlatformStatus = z.object({
  version: z.string(),
  installation: z.string(),
  registry: z.object({ active: z.enum(['consul', 'embedded']), consul: z.string() }),
  components: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
})
export type PlatformStatus = z.infer<typeof PlatformStatus>

/** What the database says should be on the machine: `server facts` prints it for the doctor. */
export const PlatformRecords = z.object({
  hosts: HostTable.shape.hosts,
  /** `working`: of builds that have not ended, which may or may not have a root. */
  builds: z.object({ kept: z.array(BuildId), working: z.array(BuildId) }),
  volumes: z.array(VolumeId),
})
export type PlatformRecords = z.infer<typeof PlatformRecords>

export const platformEndpoints = {
  health: endpoint('GET', '/health', {
    access: 'public',
    summary: 'Whether the server and its database answer.',
    reply: z.object({ ok: z.boolean(), version: z.string() }),
  }),
  status: endpoint('GET', '/status', {
    access: 'account',
    summary: 'The state of every process of the platform.',
    reply: PlatformStatus,
  }),
  openapi: endpoint('GET', '/openapi.json', {
    access: 'public',
    summary: 'This API as an OpenAPI 3.1 document.',
    reply: z.unknown(),
  }),
} as const
