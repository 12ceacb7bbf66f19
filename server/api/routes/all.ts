import type { endpoints } from '../../contract/endpoints.ts'
import type { ApiDeps } from '../deps.ts'
import type { RoutesOf } from '../route.ts'
import { accountRoutes } from './accounts.ts'
import { appRoutes } from './apps.ts'
import { buildCacheRoutes } from './build-caches.ts'
import { clusterRoutes } from './cluster.ts'
import { configVarRoutes } from './config-vars.ts'
import { cronRoutes } from './cron.ts'
import { deployRoutes } from './deploys.ts'
import { domainRoutes } from './domains.ts'
import { formationRoutes } from './formation.ts'
import { logRoutes } from './logs.ts'
import { networkRoutes } from './network.ts'
import { platformRoutes } from './platform.ts'
import { releaseRoutes } from './releases.ts'
import { runRoutes } from './runs.ts'
import { sessionRoutes } from './sessions.ts'
import { volumeRoutes } from './volumes.ts'

export type AllRoutes = {
  readonly [Resource in keyof typeof endpoints]: RoutesOf<(typeof endpoints)[Resource]>
}

export const allRoutes = (deps: ApiDeps): AllRoutes => ({
  accounts: accountRoutes(deps),
  apps: appRoutes(deps),
  buildCaches: buildCacheRoutes(deps),
  cluster: clusterRoutes(deps),
  configVars: configVarRoutes(deps),
  cron: cronRoutes(deps),
  deploys: deployRoutes(deps),
  domains: domainRoutes(deps),
  formation: formationRoutes(deps),
  logs: logRoutes(deps),
  network: networkRoutes(deps),
  platform: platformRoutes(deps),
  releases: releaseRoutes(deps),
  runs: runRoutes(deps),
  sessions: sessionRoutes(deps),
  volumes: volumeRoutes(deps),
})
