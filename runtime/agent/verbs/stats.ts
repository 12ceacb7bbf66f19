import type { AgentContext } from '../context.ts'

export async function stats(agent: AgentContext) {
  const running = agent.instances
    .all()
    .filter((record) => record.state.status.status !== 'exited' && record.handle !== null)
  const read = await Promise.all(
    running.map(async ({ spec, handle }) => {
      const usage = handle === null ? null : await agent.driver.stats(handle)
      return usage === null ? [] : [{ id: spec.id, ...usage }]
    }),
  )
  return read.flat()
}
