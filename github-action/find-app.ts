import { appEndpoints } from '../server/contract/apps.ts'
import type { Inputs } from './config.ts'
import { ActionFailure } from './failure.ts'
import { Refused } from './platform/answers.ts'
import type { Api } from './platform/api.ts'
import { SeenApp } from './platform/shapes.ts'

const read = (api: Api, app: string): Promise<SeenApp> =>
  api.call(appEndpoints.info, { params: { app } }, SeenApp)

export const isMissing = (error: unknown): boolean =>
  error instanceof Refused && (error.id === 'app_not_found' || error.id === 'not_found')

/** The app that is meant, made if that is wished; `branch` is its deploy branch afterwards. */
export async function findApp(
  api: Api,
  { app, branch, create }: Pick<Inputs, 'app' | 'branch' | 'create'>,
): Promise<{ readonly app: SeenApp; readonly created: boolean }> {
  try {
    const found = await read(api, app)
    if (branch !== null && branch !== found.deploy_branch) throw otherBranch(found, branch)
    return { app: found, created: false }
  } catch (error) {
    if (!create || !isMissing(error)) throw error
  }
  const made = await make(api, app)
  if (branch === null || branch === made.deploy_branch) return { app: made, created: true }
  const changed = await api.call(
    appEndpoints.update,
    { params: { app }, body: { deploy_branch: branch } },
    SeenApp,
  )
  return { app: changed, created: true }
}

async function make(api: Api, app: string): Promise<SeenApp> {
  try {
    return await api.call(appEndpoints.create, { body: { name: app } }, SeenApp)
  } catch (error) {
    if (!(error instanceof Refused) || error.id !== 'name_taken') throw error
    // Made by a workflow that runs at the same time, or by a try whose answer was lost.
    return read(api, app).catch((again: unknown) => {
      throw isMissing(again) ? error : again
    })
  }
}

const otherBranch = (app: SeenApp, branch: string) =>
  new ActionFailure(
    'Another deploy branch',
    `${app.name} deploys its branch ${app.deploy_branch}; a push to ${branch} would be stored and not built.`,
    `Leave the input branch out: whatever is checked out is pushed to ${app.deploy_branch}.`,
  )
