import { join } from 'node:path'
import { createCells, type Cells } from '../../runtime/agent/cells.ts'
import { openNspawnStage } from '../../runtime/driver/test-stage.ts'
import { kernelNames } from '../../runtime/installation.ts'
import { gateway } from '../../runtime/network/address.ts'

export interface AgentCells {
  readonly cells: Cells
  /** The machine's own address on the bridge of the cells. */
  readonly gateway: string
  /** Groups, namespaces and links of cells that are there. */
  leftovers(): string[]
  close(): Promise<void>
}

/** The cells that an agent provides, with all their limits and rules, for an engine under test. */
export async function openAgentCells(id: string, range: string, caBundle: string): Promise<AgentCells> {
  const stage = await openNspawnStage(id, range)
  const names = kernelNames(id)
  const cells = createCells({
    shim: () => join(stage.native, 'bin', 'shim'),
    limiter: stage.buildLimiter,
    firewall: stage.firewall,
    range,
    bridge: names.bridge,
    gateway: gateway(range),
    netns: (index) => names.netns('b', index),
    netnsPrefix: names.netns('b', 0).slice(0, -1),
    link: (index) => names.link('b', index),
    state: stage.home,
    caBundle: () => caBundle,
    registries: () => [],
  })
  return {
    cells,
    gateway: gateway(range),
    leftovers: () => stage.buildLimiter.groups(),
    async close() {
      await cells.sweep()
      await stage.close()
    },
  }
}
