import type { AgentContext } from '../context.ts'

export async function buildCaches(agent: AgentContext, app: string) {
  return { caches: await agent.engine.caches(app) }
}

export async function purgeCaches(agent: AgentContext, app: string) {
  return { freedMb: await agent.engine.purgeCaches(app) }
}
