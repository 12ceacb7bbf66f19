import { PROTOCOL } from '../../../server/contract/nodes.ts'
import type { AgentContext } from '../context.ts'
import { readResources } from '../resources.ts'

export async function hello(agent: AgentContext) {
  const { config, driver, engine, fence } = agent
  const [fit, build, resources] = await Promise.all([
    driver.fingerprint(),
    engine.fingerprint(),
    readResources(config.installation.home),
  ])
  return {
    protocol: PROTOCOL,
    installation: config.installation.id,
    version: config.version,
    epoch: fence.current(),
    drivers: [{ name: driver.name, ok: fit.ok, detail: fit.detail }],
    stack: build.stack,
    resources,
  }
}
