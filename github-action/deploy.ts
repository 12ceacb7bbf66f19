import { z } from 'zod'
import { releaseEndpoints } from '../server/contract/releases.ts'
import { ActionFailure } from './failure.ts'
import { findApp } from './find-app.ts'
import { inspectSource } from './git/source.ts'
import { land } from './land.ts'
import { waitForHealth } from './platform/health.ts'
import { type SeenApp, SeenRelease } from './platform/shapes.ts'
import type { Step } from './step.ts'

export interface Deployed {
  readonly app: string
  readonly release: number
  readonly url: string
  /** As the platform knows it: of a snapshot, the snapshot's. */
  readonly commit: string
  /** It served already; nothing was pushed. */
  readonly already: boolean
  /** What the app answered, null when it was not asked. */
  readonly status: number | null
}

/** Makes the checked-out commit the release that serves. */
export async function deploy(step: Step): Promise<Deployed> {
  const { inputs, runner, api, env } = step
  const source = await inspectSource(runner.facts.workspace, inputs.directory, env)
  const { app, created } = await findApp(api, inputs)
  if (created) runner.say(`Made the app ${app.name}`)
  const landed = await land(step, app, source)
  const release = await releaseOf(step, app, landed.commit)
  const status = await statusOf(step, app, release)
  return { app: app.name, release: release.version, url: app.web_url, status, ...landed }
}

/** The release that the commit became. It serves, unless another deployment has followed it already. */
async function releaseOf({ api }: Step, { name: app }: SeenApp, commit: string): Promise<SeenRelease> {
  const releases = await api.call(
    releaseEndpoints.list,
    { params: { app }, query: { limit: 50 } },
    z.array(SeenRelease),
  )
  const ofCommit = releases.filter((release) => release.commit === commit && release.state !== 'failed')
  const found = ofCommit.find(({ state }) => state === 'live') ?? ofCommit[0]
  if (found !== undefined) return found
  throw new ActionFailure(
    'No release',
    `${app} took the commit ${commit.slice(0, 8)}, but lists no release of it.`,
    'See `skypanel releases` and `skypanel builds`.',
  )
}

async function statusOf(
  { inputs, runner, time }: Step,
  app: SeenApp,
  release: SeenRelease,
): Promise<number | null> {
  if (inputs.wait === 0 || release.process_types['web'] === undefined) return null
  const path = inputs.healthcheckPath ?? app.health_check_path
  const status = await waitForHealth({ url: app.web_url, path, seconds: inputs.wait }, time)
  runner.say(`${new URL(path ?? '/', app.web_url).href} answers ${status}`)
  return status
}
