import { queryOptions } from '@tanstack/react-query'
import { accountEndpoints } from '../../server/contract/accounts.ts'
import { appEndpoints } from '../../server/contract/apps.ts'
import { configVarEndpoints } from '../../server/contract/config-vars.ts'
import { domainEndpoints } from '../../server/contract/domains.ts'
import { formationEndpoints } from '../../server/contract/formation.ts'
import type { AppTopic } from '../../server/contract/live.ts'
import { releaseEndpoints } from '../../server/contract/releases.ts'
import { sessionEndpoints } from '../../server/contract/sessions.ts'
import { call } from './call.ts'

/** Where the cache keeps what; live notices name the same topics (live/watch.ts). */
export const keys = {
  account: ['account'] as const,
  sessions: ['sessions'] as const,
  tokens: ['tokens'] as const,
  apps: ['apps'] as const,
  /** Everything of one app. */
  all: (app: string) => ['app', app] as const,
  topic: (app: string, topic: AppTopic) => ['app', app, topic] as const,
}

export const accountQuery = queryOptions({
  queryKey: keys.account,
  queryFn: ({ signal }) => call(accountEndpoints.whoami, {}, signal),
})

export const sessionsQuery = queryOptions({
  queryKey: keys.sessions,
  queryFn: ({ signal }) => call(sessionEndpoints.list, {}, signal),
})

export const tokensQuery = queryOptions({
  queryKey: keys.tokens,
  queryFn: ({ signal }) => call(accountEndpoints.listTokens, {}, signal),
})

export const appsQuery = queryOptions({
  queryKey: keys.apps,
  queryFn: ({ signal }) => call(appEndpoints.list, {}, signal),
})

export const appQuery = (app: string) =>
  queryOptions({
    queryKey: keys.topic(app, 'app'),
    queryFn: ({ signal }) => call(appEndpoints.info, { params: { app } }, signal),
  })

export const formationQuery = (app: string) =>
  queryOptions({
    queryKey: keys.topic(app, 'formation'),
    queryFn: ({ signal }) => call(formationEndpoints.list, { params: { app } }, signal),
  })

export const instancesQuery = (app: string) =>
  queryOptions({
    queryKey: keys.topic(app, 'instances'),
    queryFn: ({ signal }) => call(formationEndpoints.instances, { params: { app } }, signal),
  })

export const domainsQuery = (app: string) =>
  queryOptions({
    queryKey: keys.topic(app, 'domains'),
    queryFn: ({ signal }) => call(domainEndpoints.list, { params: { app } }, signal),
  })

export const releasesQuery = (app: string) =>
  queryOptions({
    queryKey: keys.topic(app, 'releases'),
    queryFn: ({ signal }) => call(releaseEndpoints.list, { params: { app }, query: { limit: 100 } }, signal),
  })

export const previewQuery = (app: string, version: number) =>
  queryOptions({
    queryKey: [...keys.topic(app, 'releases'), 'preview', version],
    queryFn: ({ signal }) =>
      call(releaseEndpoints.previewRollback, { params: { app, version: String(version) } }, signal),
    staleTime: 0,
  })

export const buildsQuery = (app: string) =>
  queryOptions({
    queryKey: keys.topic(app, 'builds'),
    queryFn: ({ signal }) => call(releaseEndpoints.builds, { params: { app }, query: { limit: 50 } }, signal),
  })

export const buildQuery = (app: string, build: string) =>
  queryOptions({
    queryKey: [...keys.topic(app, 'builds'), build],
    queryFn: ({ signal }) => call(releaseEndpoints.build, { params: { app, build } }, signal),
  })

export const deploymentsQuery = (app: string) =>
  queryOptions({
    queryKey: keys.topic(app, 'deployments'),
    queryFn: ({ signal }) =>
      call(releaseEndpoints.deployments, { params: { app }, query: { limit: 20 } }, signal),
  })

export const configNamesQuery = (app: string) =>
  queryOptions({
    queryKey: [...keys.topic(app, 'config-vars'), 'names'],
    queryFn: ({ signal }) => call(configVarEndpoints.names, { params: { app } }, signal),
  })

/** Values leave the server only when somebody asks to see them, and the cache forgets them soon. */
export const configQuery = (app: string) =>
  queryOptions({
    queryKey: [...keys.topic(app, 'config-vars'), 'values'],
    queryFn: ({ signal }) => call(configVarEndpoints.get, { params: { app } }, signal),
    gcTime: 0,
  })
