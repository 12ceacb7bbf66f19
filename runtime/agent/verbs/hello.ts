import { PROTOCOL } from '../../../server/contract/nodes.ts'
import type { AgentContext } from '../context.ts'

export async function hello(agent: AgentContext) {
  const { config, driver, engine, fence } = agent
  const [fit, build] = await Promise.all([driver.fingerprint(), engine.fingerprint()])
  return {
    protocol: PROTOCOL,
    installation: config.installation.id,
    version: config.version,
    epoch: fence.current(),
    drivers: [{ name: driver.name, ok: fit.ok, detail: fit.detail }],
    stack: build.stack,
  }
}
