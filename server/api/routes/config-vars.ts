import { listNames } from '../../config-vars/list-names.ts'
import { patchConfig } from '../../config-vars/patch-config.ts'
import { readConfig } from '../../config-vars/read-config.ts'
import { configVarEndpoints } from '../../contract/config-vars.ts'
import type { ApiDeps } from '../deps.ts'
import { answer, type RoutesOf } from '../route.ts'

export const configVarRoutes = (deps: ApiDeps): RoutesOf<typeof configVarEndpoints> => ({
  names: answer(configVarEndpoints.names, ({ app }) => listNames(deps, app.id)),
  get: answer(configVarEndpoints.get, ({ app }) => readConfig(deps, deps.db, app.id)),
  patch: answer(configVarEndpoints.patch, async ({ caller, app, body }) => {
    const { vars, release, deployment } = await patchConfig(deps, caller, app.id, body)
    return { config_vars: vars, release, deployment }
  }),
})
