import { auditedChange } from '../../apps/audited-change.ts'
import { readBuildLines } from '../../build/read-build-lines.ts'
import { showBom } from '../../bom/show-bom.ts'
import { BuildId, DeploymentId } from '../../contract/ids.ts'
import { releaseEndpoints } from '../../contract/releases.ts'
import { listDeployments } from '../../deploy/list-deployments.ts'
import { DomainError } from '../../domain/errors.ts'
import { previewRollback } from '../../releases/preview-rollback.ts'
import type { ApiDeps } from '../deps.ts'
import { numbered, seqOf } from '../resume.ts'
import { answer, events, type RoutesOf } from '../route.ts'

export const releaseRoutes = (deps: ApiDeps): RoutesOf<typeof releaseEndpoints> => ({
  list: answer(releaseEndpoints.list, ({ app, query }) => deps.deploy.listReleases(app.id, query.limit)),
  info: answer(releaseEndpoints.info, ({ app, params }) =>
    deps.deploy.release(app.id, versionOf(params.version)),
  ),
  sbom: answer(releaseEndpoints.sbom, ({ app, params }) => showBom(deps, app.id, versionOf(params.version))),
  previewRollback: answer(releaseEndpoints.previewRollback, ({ app, params }) =>
    previewRollback(deps, app.id, versionOf(params.version)),
  ),
  rollback: answer(releaseEndpoints.rollback, ({ caller, app, body }) =>
    auditedChange(deps, caller, app, { action: 'release.rollback', detail: { ...body } }, (tx) =>
      deps.deploy.rollback(tx, app.id, caller, body),
    ),
  ),
  builds: answer(releaseEndpoints.builds, ({ app, query }) => deps.deploy.listBuilds(app.id, query.limit)),
  build: answer(releaseEndpoints.build, ({ app, params }) =>
    deps.deploy.build(app.id, buildOf(params.build)),
  ),
  buildLog: events(releaseEndpoints.buildLog, async ({ app, params, query, lastEventId, signal }) => {
    const { id } = await deps.deploy.build(app.id, buildOf(params.build))
    const after = lastEventId === null ? query.after : seqOf(lastEventId)
    return numbered(deps.deploy.watchBuildLog(app.id, id, after, signal))
  }),
  buildLines: answer(releaseEndpoints.buildLines, async ({ app, params, query }) => {
    const { id } = await deps.deploy.build(app.id, buildOf(params.build))
    return await readBuildLines(deps, id, { before: query.before ?? null, lines: query.lines })
  }),
  cancelBuild: answer(releaseEndpoints.cancelBuild, ({ caller, app, params }) =>
    auditedChange(
      deps,
      caller,
      app,
      { action: 'build.cancel', detail: { build: buildOf(params.build) } },
      (tx) => deps.deploy.cancelBuild(tx, app.id, buildOf(params.build)),
    ),
  ),
  createBuild: answer(releaseEndpoints.createBuild, ({ caller, app, body }) =>
    auditedChange(deps, caller, app, { action: 'build.create', detail: { source: body.source.kind } }, (tx) =>
      deps.deploy.createBuild(tx, app.id, caller, body),
    ),
  ),
  upload: answer(releaseEndpoints.upload, ({ caller, app, upload, signal }) =>
    deps.deploy.upload(app.id, caller, upload, signal),
  ),
  deployments: answer(releaseEndpoints.deployments, ({ app, query }) =>
    listDeployments(deps, app.id, query.limit),
  ),
  deployment: answer(releaseEndpoints.deployment, ({ app, params }) => {
    const id = DeploymentId.safeParse(params.deployment)
    if (!id.success) throw new DomainError('not_found', 'There is no such deployment.')
    return deps.deploy.deployment(app.id, id.data)
  }),
})

/** `12` or `v12`, as people write it. */
export function versionOf(text: string): number {
  const [, digits] = /^v?(\d{1,9})$/.exec(text) ?? []
  if (digits === undefined)
    throw new DomainError('release_not_found', 'A release is named by its number, e.g. v12.')
  return Number(digits)
}

function buildOf(text: string): BuildId {
  const id = BuildId.safeParse(text)
  if (!id.success)
    throw new DomainError('build_not_found', 'There is no such build. See those there are: skypanel builds')
  return id.data
}
