import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { NixEngine } from '../../buildpacks/nix/engine.ts'
import { type AgentCells, openAgentCells } from './agent-cells.ts'
import { type NixBench, openNixBench } from './nix-engine.ts'

export const CANARY = `canary-of-the-machine-${process.pid}`

/** What builds of strangers must not reach, and an engine that runs them with no more than what any push has. */
export interface StrangerWorld {
  readonly bench: NixBench
  readonly agent: AgentCells
  /** With the cells of `agent`. */
  readonly engine: NixEngine
  /** A folder of the machine whose file `secret` holds CANARY. */
  readonly canary: string
  /** Of a server on every address of the machine, which answers CANARY. */
  readonly port: number
  close(): Promise<void>
}

/** `id` and `range` are those of an agent that nobody else has. */
export async function openStrangerWorld(id: string, range: string): Promise<StrangerWorld> {
  const bench = await openNixBench()
  const agent = await openAgentCells(id, range, bench.home.registries.caBundle)
  const engine = new NixEngine({
    places: bench.home.at,
    buildGroup: bench.home.group,
    registries: bench.home.registries,
    cells: agent.cells,
    enter: bench.home.enter,
  })
  const canary = mkdtempSync(join(tmpdir(), 'skypanel-canary-'))
  writeFileSync(join(canary, 'secret'), CANARY)
  const host = createServer((_, answer) => answer.end(CANARY))
  await new Promise<void>((done) => host.listen(0, '0.0.0.0', done))
  return {
    bench,
    agent,
    engine,
    canary,
    port: (host.address() as AddressInfo).port,
    async close() {
      host.close()
      rmSync(canary, { recursive: true, force: true })
      await agent.close()
      await bench.close()
    },
  }
}
