import { accountEndpoints } from './accounts.ts'
import { appEndpoints } from './apps.ts'
import { buildCacheEndpoints } from './build-caches.ts'
import { clusterEndpoints } from './cluster.ts'
import { configVarEndpoints } from './config-vars.ts'
import { cronEndpoints } from './cron.ts'
import { deployEndpoints } from './deploys.ts'
import { domainEndpoints } from './domains.ts'
import { formationEndpoints } from './formation.ts'
import { logEndpoints } from './logs.ts'
import { networkEndpoints } from './network.ts'
import { platformEndpoints } from './platform.ts'
import { releaseEndpoints } from './releases.ts'
import { runEndpoints } from './runs.ts'
import { sessionEndpoints } from './sessions.ts'
import { volumeEndpoints } from './volumes.ts'

/** The whole public API below `/api`. The server walks this table: an endpoint without a handler does not start. */
export const endpoints = {
  accounts: accountEndpoints,
  apps: appEndpoints,
  buildCaches: buildCacheEndpoints,
  cluster: clusterEndpoints,
  configVars: configVarEndpoints,
  cron: cronEndpoints,
  deploys: deployEndpoints,
  domains: domainEndpoints,
  formation: formationEndpoints,
  logs: logEndpoints,
  network: networkEndpoints,
  platform: platformEndpoints,
  releases: releaseEndpoints,
  runs: runEndpoints,
  sessions: sessionEndpoints,
  volumes: volumeEndpoints,
} as const
