import { PROTOCOL } from '../../../server/contract/nodes.ts'
import type { AgentContext } from '../context.ts'
import { readResources } from '../resources.ts'

export async function hello(agent: AgentContext) {
  const { config, driver, engine, fence } = agent
  // The preferred one first: it is what an app without a wish runs in.
  const ordered = driver.all.toSorted(
    (one, other) => Number(other.name === driver.preferred) - Number(one.name === driver.preferred),
  )
  const [drivers, build, resources] = await Promise.all([
    Promise.all(ordered.map(async (one) => ({ name: one.name, ...(await one.fingerprint()) }))),
    engine.fingerprint(),
    readResources(config.installation.home),
  ])
  return {
    protocol: PROTOCOL,
    installation: config.installation.id,
    version: config.version,
    epoch: fence.current(),
    drivers,
    stack: build.stack,
    resources,
  }
}
