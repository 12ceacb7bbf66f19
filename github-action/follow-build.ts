import { releaseEndpoints } from '../server/contract/releases.ts'
import { z } from 'zod'
import type { PushOutcome } from './git/push-outcome.ts'
import { Away } from './platform/answers.ts'
import type { Api } from './platform/api.ts'
import { SeenBuild, SeenRelease } from './platform/shapes.ts'

const LIMIT = 20
/** Cuts of the log's connection in a row without a line between them. */
const MAX_CUTS = 20

export const recentBuilds = (api: Api, app: string): Promise<SeenBuild[]> =>
  api.call(releaseEndpoints.builds, { params: { app }, query: { limit: LIMIT } }, z.array(SeenBuild))

/**
 * A push whose connection broke goes on without it: finds its build among those that were not there `before`, prints
 * what is left of its log and tells how it ended. Null when no build was begun.
 */
export async function followBuild(
  api: Api,
  app: string,
  push: { readonly commit: string; readonly before: ReadonlySet<string>; readonly printed: number },
  onLine: (line: string) => void,
): Promise<PushOutcome | null> {
  const builds = await recentBuilds(api, app)
  const found = builds.find(({ id, commit }) => commit === push.commit && !push.before.has(id))
  if (found === undefined) return null
  let seen = push.printed
  for (let cuts = 0; ; cuts += 1) {
    try {
      for await (const { seq, text } of api.buildLog(app, found.id, seen)) {
        seen = seq
        cuts = 0
        onLine(text)
      }
      break
    } catch (error) {
      if (!(error instanceof Away) || cuts === MAX_CUTS) throw error
    }
  }
  const build = await api.call(releaseEndpoints.build, { params: { app, build: found.id } }, SeenBuild)
  const rejected: PushOutcome = { kind: 'rejected', reason: `its build ${build.state}` }
  if (build.release === null) return rejected
  const version = String(build.release)
  const release = await api.call(releaseEndpoints.info, { params: { app, version } }, SeenRelease)
  return release.state === 'failed' ? rejected : { kind: 'accepted' }
}
