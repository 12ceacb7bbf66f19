import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { readJson, writeAtomic } from './atomic-file.ts'

/** What was learned about an app's builds: steps that only work with writable copies of the layers beneath. */
const Memory = z.object({ version: z.literal(1), copy: z.array(z.string()) })

const fileOf = (agentState: string, app: string) => join(agentState, 'apps', `${app}.json`)

export async function forcesCopy(agentState: string, app: string, step: string): Promise<boolean> {
  const memory = await readJson(fileOf(agentState, app), Memory)
  return memory?.copy.includes(step) === true
}

export async function rememberCopy(agentState: string, app: string, step: string): Promise<void> {
  const memory = await readJson(fileOf(agentState, app), Memory)
  const copy = [...new Set([...(memory?.copy ?? []), step])]
  await writeAtomic(fileOf(agentState, app), JSON.stringify({ version: 1, copy }))
}

export async function forgetMemory(agentState: string, app: string): Promise<void> {
  await rm(fileOf(agentState, app), { force: true })
}
