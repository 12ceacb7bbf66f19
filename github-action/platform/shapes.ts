import { z } from 'zod'
import { App } from '../../server/contract/apps.ts'
import { Build, BuildLogLine, Release } from '../../server/contract/releases.ts'

/** What this action reads of the contract's replies, and no more: see `Api.call`. */
export const SeenApp = z.object({
  name: App.shape.name,
  web_url: App.shape.web_url,
  deploy_branch: App.shape.deploy_branch,
  health_check_path: App.shape.health_check_path,
  release: z.object({ version: z.number().int(), commit: z.string().nullable() }).nullable(),
})
export type SeenApp = z.infer<typeof SeenApp>

export const SeenRelease = Release.pick({ version: true, state: true, commit: true, process_types: true })
export type SeenRelease = z.infer<typeof SeenRelease>

export const SeenLine = BuildLogLine.pick({ seq: true, text: true })
export type SeenLine = z.infer<typeof SeenLine>

export const SeenBuild = Build.pick({ id: true, state: true, commit: true, release: true, created_at: true })
export type SeenBuild = z.infer<typeof SeenBuild>
