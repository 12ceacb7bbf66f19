import { z } from 'zod'
import { AccountId, AppId, TeamId } from '../contract/ids.ts'
import { AppTopic } from '../contract/live.ts'

/** The database's channel; its triggers write to it (migration 0004), and nobody else. */
export const CHANGES = 'changes'

const Payload = z.union([
  z.object({ app: AppId, team: TeamId, topic: AppTopic }),
  z.object({ account: AccountId, topic: z.enum(['account', 'sessions']) }),
])
export type Notice = z.infer<typeof Payload>
export type AppNotice = Extract<Notice, { readonly app: unknown }>

/** null: what a newer version's triggers say; it may mean anything. */
export function readNotice(payload: string): Notice | null {
  try {
    return Payload.parse(JSON.parse(payload))
  } catch {
    return null
  }
}

/** What a list of apps shows of each of them. */
const LISTED: ReadonlySet<AppTopic> = new Set<AppTopic>(['app', 'instances', 'formation', 'deployments'])

export interface AppNews {
  readonly app: AppId
  readonly topics: AppTopic[]
  /** The teams whose lists of apps are to be read again. */
  readonly teams: TeamId[]
}

/** One piece of news for each app, of all that came within a moment. */
export function mergeNotices(notices: readonly AppNotice[]): AppNews[] {
  const news = new Map<AppId, { topics: Set<AppTopic>; teams: Set<TeamId> }>()
  for (const { app, team, topic } of notices) {
    const { topics, teams } = news.get(app) ?? { topics: new Set(), teams: new Set() }
    news.set(app, { topics: topics.add(topic), teams })
    if (!LISTED.has(topic)) continue
    topics.add('app')
    teams.add(team)
  }
  return [...news].map(([app, { topics, teams }]) => ({ app, topics: [...topics], teams: [...teams] }))
}
