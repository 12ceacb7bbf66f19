import type { App } from '../../server/contract/apps.ts'
import type { Status } from '../design/status.ts'
import { strings } from '../strings.ts'

const words = strings.appState

/** The one thing to know of an app, the most pressing first. Pure. */
export function appStatus(
  app: Pick<App, 'state' | 'work' | 'maintenance' | 'release' | 'instances'>,
): Status {
  const { wanted, ready, crashed } = app.instances
  if (app.state === 'destroying') return { tone: 'bad', text: words.destroying }
  if (app.work !== null) return { tone: 'busy', text: words[app.work] }
  if (app.release === null) return { tone: 'idle', text: words.empty }
  if (crashed > 0) return { tone: 'bad', text: words.crashed }
  if (app.maintenance) return { tone: 'warn', text: words.maintenance }
  if (wanted === 0) return { tone: 'idle', text: words.zero }
  if (ready < wanted) return { tone: 'busy', text: words.starting(ready, wanted) }
  return { tone: 'good', text: words.live }
}
