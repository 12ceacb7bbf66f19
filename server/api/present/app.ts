import type { App } from '../../contract/apps.ts'
import { gitUrl, type Reach, webUrl } from '../../domain/hostname.ts'
import type { infoApp } from '../../apps/info-app.ts'

export const presentApp = (row: Awaited<ReturnType<typeof infoApp>>, reach: Reach): App => ({
  id: row.id,
  name: row.name,
  team: row.team,
  stack: row.stack,
  git_url: gitUrl(row.name, reach),
  web_url: webUrl(row.name, reach),
  deploy_branch: row.deploy_branch,
  maintenance: row.maintenance,
  health_check_path: row.health_check_path,
  vulnerability_policy: row.vulnerability_policy,
  driver: row.driver,
  state: row.state,
  created_at: row.created_at,
  updated_at: row.updated_at,
  release:
    row.release_version === null || row.release_created_at === null
      ? null
      : {
          version: row.release_version,
          commit: row.release_commit,
          description: row.release_description ?? '',
          created_at: row.release_created_at,
        },
  instances: { wanted: row.wanted, ready: row.ready, crashed: row.crashed },
  work: row.work,
})
