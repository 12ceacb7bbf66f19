import { createHash } from 'node:crypto'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { Registries } from '../registries.ts'
import { readJson, writeAtomic } from './atomic-file.ts'
import { aptSources, extractArgv, HOST_ENV } from './debian.ts'
import { findLoader, type Say } from './nix.ts'
import { runOrThrow } from './spawn.ts'
import { addPath, invalidPaths, setRoots, type Store } from './store.ts'
import { finishTree } from './stack-tree.ts'

/** Folder of our .nix, .sh and .json files: beside the module, in the checkout and in what is built from it. */
export const ASSETS = dirname(fileURLToPath(import.meta.url))

/** Group of roots that hold what every build needs. */
export const PLATFORM_ROOTS = 'skypanel-platform'

export const Stack = z.object({
  /** As users know it, e.g. `skypanel-13`. */
  name: z.string(),
  kind: z.enum(['run', 'build']),
  path: z.string(),
  /** Below `path`; the box starts the stack's programs by them before it has a root. */
  loader: z.string(),
  libraries: z.array(z.string()),
  /** Hash of what the stack was made from. */
  definition: z.string(),
})
export type Stack = z.infer<typeof Stack>

const Stacks = z.object({ version: z.literal(1), run: Stack.optional(), build: Stack.optional() })
export interface Stacks {
  readonly run: Stack
  readonly build: Stack
}

/** What the stacks were asked to hold. */
export async function readDefinition(): Promise<Definition> {
  return Definition.parse(JSON.parse(await readFile(join(ASSETS, 'stack.json'), 'utf8')))
}

const Definition = z.object({
  name: z.string(),
  suite: z.string(),
  revision: z.number(),
  run: z.array(z.string()),
  build: z.array(z.string()),
})
type Definition = z.infer<typeof Definition>

const definitionHash = (definition: Definition, kind: Stack['kind']) =>
  createHash('sha256')
    .update(JSON.stringify([definition.name, definition.suite, definition.revision, definition[kind]]))
    .digest('hex')

const stacksFile = (agentState: string) => join(agentState, 'stacks.json')

/** The stacks as they were recorded, or null as long as one is missing. */
export async function readStacks(agentState: string): Promise<Stacks | null> {
  const recorded = await readJson(stacksFile(agentState), Stacks)
  return recorded?.run === undefined || recorded.build === undefined
    ? null
    : { run: recorded.run, build: recorded.build }
}

async function makeStack(
  store: Store,
  agentState: string,
  definition: Definition,
  kind: Stack['kind'],
  registries: Registries,
): Promise<Stack> {
  const tree = join(agentState, `stack-${kind}.new`)
  await rm(tree, { recursive: true, force: true })
  await mkdir(agentState, { recursive: true })
  const argv = extractArgv(
    definition.suite,
    definition[kind],
    tree,
    aptSources(registries.apt, definition.suite),
  )
  await runOrThrow(argv, { env: HOST_ENV }, `Unpacking the ${kind} stack`)
  await finishTree(tree)
  const found = await findLoader(tree)
  const path = await addPath(store, `${definition.name}-${kind}`, tree)
  await setRoots(store, PLATFORM_ROOTS, `stack-${kind}`, [path])
  await rm(tree, { recursive: true, force: true })
  return { name: definition.name, kind, path, ...found, definition: definitionHash(definition, kind) }
}

/**
 * The run and the build stack, made where they are missing or defined anew (10 to 20 s each). May be killed anywhere
 * and called again. A stack that is recorded is only checked, never added again: that would hash it all.
 */
export async function ensureStacks(
  store: Store,
  agentState: string,
  registries: Registries,
  say: Say,
): Promise<Stacks> {
  const definition = await readDefinition()
  const recorded = (await readJson(stacksFile(agentState), Stacks)) ?? { version: 1 as const }
  const invalid = new Set(
    await invalidPaths(
      store,
      [recorded.run?.path, recorded.build?.path].filter((path) => path !== undefined),
    ),
  )
  const made: z.infer<typeof Stacks> = { ...recorded }
  const ensure = async (kind: Stack['kind']): Promise<Stack> => {
    const known = recorded[kind]
    if (
      known !== undefined &&
      known.definition === definitionHash(definition, kind) &&
      !invalid.has(known.path)
    )
      return known
    say(
      `Making the ${kind} stack ${definition.name} (${definition[kind].length} packages and what they need)`,
    )
    const stack = await makeStack(store, agentState, definition, kind, registries)
    made[kind] = stack
    await writeAtomic(stacksFile(agentState), JSON.stringify(made, null, 2))
    return stack
  }
  // Both are waited for, so that a failure of one never leaves the other at work behind our back.
  const [run, build] = await Promise.allSettled([ensure('run'), ensure('build')])
  if (run.status === 'rejected') throw run.reason
  if (build.status === 'rejected') throw build.reason
  return { run: run.value, build: build.value }
}
