import type { AppId, DeploymentId } from '../../server/contract/ids.ts'
import type { Deploy } from '../../server/deploy/deploy.ts'
import { DomainError } from '../../server/domain/errors.ts'

const noRelease = () => new DomainError('no_release', 'Nothing was released yet. Push the app first.')

const noNode = () => new DomainError('node_unavailable', 'There is no node here.')

/**
 * Deploying on a platform to which nothing was ever pushed: it keeps the promises of the interface for that one case,
 * so the API is tested without a node. Destroying leaves the app `destroying`, as no loop runs that would end it.
 */
export function idleDeploy(newId: <Id extends string>() => Id): Deploy {
  return {
    releaseConfig: async () => ({ release: null, deployment: null }),
    rollback: () => Promise.reject(noRelease()),
    scale: () => Promise.reject(noRelease()),
    restart: () => Promise.reject(noRelease()),
    steer: () => Promise.reject(new DomainError('conflict', 'Nothing is being deployed right now.')),
    setStrategy: () => Promise.reject(noRelease()),
    createRun: () => Promise.reject(noRelease()),
    async destroy(tx, app: AppId) {
      await tx.query(`UPDATE apps SET state = 'destroying' WHERE id = $1`, [app])
      return { deployment: newId<DeploymentId>() }
    },
    createBuild: () => Promise.reject(noRelease()),
    upload: () => Promise.reject(new DomainError('bad_request', 'Nothing can be uploaded here.')),
    requireDriver: (wanted) =>
      Promise.reject(new DomainError('invalid_params', `There is no node here that runs ${wanted}.`)),
    buildCaches: async () => [],
    purgeBuildCaches: async () => ({ freed_mb: 0 }),
    volumes: {
      make: () => Promise.reject(noNode()),
      list: async () => null,
      remove: () => Promise.reject(noNode()),
      snapshot: () => Promise.reject(noNode()),
      restore: () => Promise.reject(noNode()),
      removeSnapshot: () => Promise.reject(noNode()),
    },
    network: { apply: async () => false, hosts: async () => null },
    cancelBuild: () => Promise.reject(new DomainError('build_not_found', 'There is no such build.')),
    listReleases: async () => [],
    release: (_, version) =>
      Promise.reject(new DomainError('release_not_found', `There is no release v${version}.`)),
    listBuilds: async () => [],
    build: () => Promise.reject(new DomainError('build_not_found', 'There is no such build.')),
    deployment: () => Promise.reject(new DomainError('not_found', 'There is no such deployment.')),
    formation: async () => [],
    instances: async () => [],
    nodes: async () => [],
    cron: async () => [],
    cronRuns: async () => [],
    runCron: () => Promise.reject(new DomainError('not_found', 'There is no such entry.')),
    execInInstance: () => Promise.reject(new DomainError('not_found', 'There is no such instance.')),
    execPath: () => Promise.reject(new DomainError('not_found', 'There is no such instance.')),
    attachPath: () => Promise.reject(new DomainError('not_found', 'There is no such run.')),
    watchBuildLog: () => {
      throw new DomainError('build_not_found', 'There is no such build.')
    },
    start: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  }
}
