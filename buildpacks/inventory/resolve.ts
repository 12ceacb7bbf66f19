import { z } from 'zod'
import type { BuildPlan, Note, PlanResult, Tool } from '../plan.ts'
import { type Inventories, InventoryUnreachable } from './inventory.ts'
import { missingTool } from './missing.ts'
import { pythonNotes } from './python-releases.ts'

/** Versions of an app's last good build. One is used again until the app asks for something else. */
export const ToolLock = z.record(z.string(), z.object({ want: z.string(), version: z.string() }))
export type ToolLock = z.infer<typeof ToolLock>

/** What the stack or Debian carries has the version that they carry, and what a step fetches the one that it names. */
const isSettled = ({ source }: Tool): boolean =>
  source === 'stack' || source === 'debian' || source === 'maven'

/** What to store beside a successful build. */
export function lockOf(plan: BuildPlan): ToolLock {
  return Object.fromEntries(
    plan.tools.flatMap(({ name, want, version }) =>
      version === null ? [] : [[name, { want, version }] as const],
    ),
  )
}

/**
 * Makes every requested version exact. Fails, naming what is available, when one cannot be had; throws
 * `InventoryUnreachable` when nobody can say.
 */
export async function resolvePlan(
  plan: BuildPlan,
  inventories: Inventories,
  now: number,
  lock: ToolLock = {},
): Promise<PlanResult> {
  const resolved = new Map<string, string>()
  const tools: Tool[] = []
  const notes: Note[] = []
  for (const tool of plan.tools) {
    if (isSettled(tool)) {
      tools.push(tool)
      notes.push(...pythonNotes(tool, now))
      continue
    }
    const inventory = inventories.get(tool.name)
    if (inventory === undefined && tool.source === 'nix')
      return { ok: false, ...missingTool(tool), asked: [] }
    if (inventory === undefined) {
      return {
        ok: false,
        message: `No versions of ${tool.name} are known`,
        hint: 'The buildpack asks for a tool that nothing provides.',
        asked: [],
      }
    }
    const before = lock[tool.name]
    const locked = before !== undefined && before.want === tool.want ? before.version : null
    const found = await inventory.resolve(tool, { resolved, locked, now })
    if (!found.ok) return { ok: false, message: found.message, hint: found.hint, asked: [] }
    if (found.version !== null) resolved.set(tool.name, found.version)
    tools.push({ ...tool, version: found.version, hash: found.hash, url: found.url, ...found.instead })
    notes.push(...found.notes)
  }
  return { ok: true, plan: { ...plan, tools, notes: [...notes, ...plan.notes] } }
}

/** The plan as it was, with a note that its versions are open, when no inventory answers. */
export async function resolveIfReachable(
  plan: BuildPlan,
  inventories: Inventories | null,
  now: number,
): Promise<PlanResult> {
  const open = (why: string): PlanResult => ({
    ok: true,
    plan: {
      ...plan,
      notes: [
        ...plan.notes,
        { level: 'info', code: 'versions.open', message: `Versions are not resolved: ${why}` },
      ],
    },
  })
  const missing = plan.tools.filter(({ name, source }) => source === 'nix' && inventories?.has(name) !== true)
  if (missing.length > 0) {
    // How the app would be built is worth knowing where it cannot be.
    const notes = missing.map((tool): Note => {
      const { message, hint } = missingTool(tool)
      return { level: 'warn', code: 'tool.missing', message: `${message}. ${hint}` }
    })
    return { ok: true, plan: { ...plan, notes: [...notes, ...plan.notes] } }
  }
  if (plan.tools.every(isSettled)) return { ok: true, plan }
  if (inventories === null) return open('no package registry was asked.')
  try {
    return await resolvePlan(plan, inventories, now)
  } catch (error) {
    if (error instanceof InventoryUnreachable) return open(error.message)
    throw error
  }
}
