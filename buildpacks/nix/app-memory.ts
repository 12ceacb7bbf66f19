import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { readJson, writeAtomic } from './atomic-file.ts'

/** What was learned about an app's builds. */
const Memory = z.object({
  version: z.literal(1),
  /** Steps that only work with writable copies of the layers beneath. */
  copy: z.array(z.string()),
  /** How often its caches were purged. */
  purges: z.number().int().default(0),
})
type Memory = z.infer<typeof Memory>

const fileOf = (agentState: string, app: string) => join(agentState, 'apps', `${app}.json`)

async function read(agentState: string, app: string): Promise<Memory> {
  return (await readJson(fileOf(agentState, app), Memory)) ?? { version: 1, copy: [], purges: 0 }
}

export async function forcesCopy(agentState: string, app: string, step: string): Promise<boolean> {
  return (await read(agentState, app)).copy.includes(step)
}

export async function rememberCopy(agentState: string, app: string, step: string): Promise<void> {
  const memory = await read(agentState, app)
  const copy = [...new Set([...memory.copy, step])]
  await writeAtomic(fileOf(agentState, app), JSON.stringify({ ...memory, copy }))
}

export async function purgesOf(agentState: string, app: string): Promise<number> {
  return (await read(agentState, app)).purges
}

export async function rememberPurge(agentState: string, app: string): Promise<void> {
  const memory = await read(agentState, app)
  await writeAtomic(fileOf(agentState, app), JSON.stringify({ ...memory, purges: memory.purges + 1 }))
}

export async function forgetMemory(agentState: string, app: string): Promise<void> {
  await rm(fileOf(agentState, app), { force: true })
}
