import type { ServerToClient } from '../../server/contract/live.ts'
import { keys } from '../api/queries.ts'

type Changed = Parameters<ServerToClient['changed']>[0]

/**
 * Which questions a notice makes the cache ask again; `[]` stands for all of them. `nameOf` gives the name by which an
 * app is shown, null for one that is not. Pure.
 */
export function queriesToAsk(
  event: Changed,
  nameOf: (id: string) => string | null,
): readonly (readonly string[])[] {
  if (event.kind === 'account') {
    if (event.topics.includes('all')) return [[]]
    return [
      ...(event.topics.includes('account') ? [keys.account, keys.apps] : []),
      ...(event.topics.includes('sessions') ? [keys.sessions, keys.tokens] : []),
    ]
  }
  const name = nameOf(event.app)
  const shown = name === null ? [] : event.topics.map((topic) => keys.topic(name, topic))
  // The list shows what an app's own topic holds, and how many of its instances are ready.
  const inList = event.topics.some(
    (topic) => topic === 'app' || topic === 'instances' || topic === 'deployments',
  )
  // The app's own document counts its instances and names the work that is under way.
  const summary = name !== null && inList && !event.topics.includes('app') ? [keys.topic(name, 'app')] : []
  return [...(inList ? [keys.apps] : []), ...summary, ...shown]
}
