import { z } from 'zod'
import { Time } from './ids.ts'

/** The part of CycloneDX 1.6 (JSON) that releases are described in. */
const Component = z.object({
  type: z.enum(['application', 'library', 'operating-system']),
  'bom-ref': z.string(),
  /** The scope of npm, the group of Maven, the vendor of Composer; the rest of the name stands in `name`. */
  group: z.string().optional(),
  name: z.string(),
  version: z.string().optional(),
  purl: z.string().optional(),
  properties: z.array(z.object({ name: z.string(), value: z.string() })).optional(),
})

const Vulnerability = z.object({
  'bom-ref': z.string(),
  id: z.string(),
  source: z.object({ name: z.string() }).optional(),
  ratings: z.array(z.object({ severity: z.enum(['none', 'low', 'medium', 'high', 'critical', 'unknown']) })),
  description: z.string().optional(),
  recommendation: z.string().optional(),
  advisories: z.array(z.object({ url: z.string() })).optional(),
  affects: z.array(z.object({ ref: z.string() })),
})

export const Bom = z.object({
  $schema: z.string().optional(),
  bomFormat: z.literal('CycloneDX'),
  specVersion: z.literal('1.6'),
  serialNumber: z.string(),
  version: z.number().int().min(1),
  metadata: z.object({
    timestamp: Time,
    tools: z.object({
      components: z.array(
        z.object({ type: z.literal('application'), name: z.string(), version: z.string() }),
      ),
    }),
    component: Component,
  }),
  components: z.array(Component),
  dependencies: z.array(z.object({ ref: z.string(), dependsOn: z.array(z.string()) })),
  vulnerabilities: z.array(Vulnerability),
})
export type Bom = z.infer<typeof Bom>
