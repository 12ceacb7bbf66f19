import { z } from 'zod'
import { endpoint } from './endpoint.ts'
import { ConfigVarName, Time } from './ids.ts'

/** One value may be 64 kB, all of an app's together 256 kB: they travel into every instance. */
export const MAX_CONFIG_VALUE = 65_536
export const MAX_CONFIG_TOTAL = 262_144

export const ConfigVars = z.record(z.string(), z.string())
export type ConfigVars = z.infer<typeof ConfigVars>

export const configVarEndpoints = {
  names: endpoint('GET', '/apps/:app/config-vars/names', {
    access: 'app:deploy',
    summary: 'Which config vars there are, without their values.',
    reply: z.array(z.object({ name: z.string(), updated_at: Time })),
  }),
  get: endpoint('GET', '/apps/:app/config-vars', {
    access: 'app:deploy',
    summary: 'All config vars with their values.',
    reply: ConfigVars,
  }),
  patch: endpoint('PATCH', '/apps/:app/config-vars', {
    access: 'app:deploy',
    summary: 'Set vars, unset those given as null; makes a release when something changed.',
    body: z.record(ConfigVarName, z.string().max(MAX_CONFIG_VALUE).nullable()),
    reply: z.object({
      config_vars: ConfigVars,
      release: z.number().int().nullable(),
      deployment: z.string().nullable(),
    }),
  }),
} as const
