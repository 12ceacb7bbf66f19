import type { AgentContext } from '../context.ts'

/** What is there and should not be, and what should be there and is not. */
export async function audit(agent: AgentContext) {
  const held = agent.instances.all().filter((record) => !record.state.cleared)
  const findings = await agent.driver.orphans(new Set(held.map((record) => record.spec.id)))
  const ended = held.filter(
    (record) => record.state.status.status === 'exited' && Date.now() - record.state.status.since > 60_000,
  )
  return {
    findings: [
      ...findings.map((name) => `left over: ${name}`),
      ...(await agent.volumes.unclaimed()).map((image) => `left over: volume ${image} is attached`),
      ...ended.map((record) => `not cleared away: ${record.spec.id}`),
    ],
  }
}
