import { APP_UID } from '../../command/instance.ts'
import { pruneSkeletons } from '../../driver/skeleton.ts'
import { AgentError } from '../agent-error.ts'
import type { AgentContext } from '../context.ts'

/** Ended instances of the app are forgotten with it; running ones have to be stopped first. */
export async function destroyApp(agent: AgentContext, app: string) {
  const own = agent.instances.all().filter((record) => record.spec.app === app)
  const alive = own.filter((record) => record.state.status.status !== 'exited')
  if (alive.length > 0)
    throw new AgentError(
      'bad_request',
      `The app still has ${alive.length} running instances (${alive.map((record) => record.spec.name).join(', ')}); stop them first.`,
    )
  for (const record of own) await agent.instances.forget(record.spec.id)
  await agent.volumes.removeApp(app)
  await agent.engine.forgetApp(app)
  const base = agent.uids.find(app)
  if (base === null) return {}
  await pruneSkeletons(agent.skeletons, base + APP_UID)
  agent.uids.forget(app)
  return {}
}
