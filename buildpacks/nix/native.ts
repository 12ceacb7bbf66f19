import { createHash } from 'node:crypto'
import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { readJson, writeAtomic } from './atomic-file.ts'
import type { StageSpec } from './expression.ts'
import type { Say } from './nix.ts'
import { ensurePlaces } from './places.ts'
import { runStage } from './run-stage.ts'
import { PLATFORM_ROOTS, type Stacks } from './stack.ts'
import { addPath, invalidPaths, setRoots, type Store } from './store.ts'
import { UnshareCells } from './unshare-cells.ts'

/** `path` holds `bin/<program>`; it lies inside of the store path `root`. */
const Native = z.object({ version: z.literal(1), path: z.string(), root: z.string(), key: z.string() })

const fileOf = (agentState: string) => join(agentState, 'native.json')
const LIMITS = { memoryMb: 1024, cpuMilli: 2000, pids: 200, diskMb: 512, seconds: 120 }

/** Where the native programs are, or null as long as they are not compiled. */
export async function readNative(agentState: string): Promise<string | null> {
  return (await readJson(fileOf(agentState), Native))?.path ?? null
}

async function sourcesOf(folder: string): Promise<{ names: string[]; hash: string }> {
  const names = (await readdir(folder)).filter((name) => /\.[ch]$/.test(name)).toSorted()
  const hash = createHash('sha256')
  for (const name of names) hash.update(`${name}\0`).update(await readFile(join(folder, name)))
  return { names, hash: hash.digest('hex') }
}

function compileSpec(stacks: Stacks, source: string, programs: readonly string[]): StageSpec {
  const { path, loader, libraries } = stacks.build
  return {
    name: 'skypanel-native',
    stack: { path },
    loader,
    libraries,
    mode: 'copy',
    network: false,
    sources: [source],
    layers: [],
    system: [],
    visible: [source],
    commands: [
      'mkdir bin',
      ...programs.map((name) => `gcc -O2 -Wall -Wextra -Werror -static -o bin/${name} ${name}.c`),
    ],
    environment: {},
    searchPath: '/usr/bin:/bin',
    keep: ['bin'],
    pick: [],
    caches: false,
    salt: '',
  }
}

/**
 * Compiles every C program in `folder` statically with the build stack's compiler, so that no compiler is needed on
 * the machine. Resolves with the folder that holds `bin/`; does nothing where that is recorded and there.
 * `caBundle` is any readable file: the stage has no network.
 */
export async function ensureNative(
  store: Store,
  stacks: Stacks,
  agentState: string,
  folder: string,
  caBundle: string,
  say: Say,
): Promise<string> {
  const { names, hash } = await sourcesOf(folder)
  const key = `${hash}-${stacks.build.path}`
  const known = await readJson(fileOf(agentState), Native)
  if (known?.key === key && (await invalidPaths(store, [known.root])).length === 0) return known.path
  const programs = names.filter((name) => name.endsWith('.c')).map((name) => name.slice(0, -2))
  say(`Compiling ${programs.join(', ')}`)
  await ensurePlaces(store)
  const tree = join(agentState, 'native.new')
  await rm(tree, { recursive: true, force: true })
  await mkdir(join(tree, 'app'), { recursive: true })
  for (const name of names) await cp(join(folder, name), join(tree, 'app', name))
  const source = await addPath(store, 'skypanel-native-source', tree)
  await rm(tree, { recursive: true, force: true })
  const output: string[] = []
  const cell = await new UnshareCells(caBundle).open('native')
  const end = await runStage({
    store,
    cell,
    limits: LIMITS,
    expression: 'stage.nix',
    spec: compileSpec(stacks, source, programs),
    env: {},
    network: '',
    cache: null,
    deadline: performance.now() + LIMITS.seconds * 1000,
    signal: new AbortController().signal,
    onLine: (line) => output.push(line),
    onCommand: () => undefined,
  })
  const root = end.ok ? end.outputs['out'] : undefined
  if (!end.ok || root === undefined) {
    const why = output.length > 0 ? output : ['text' in end ? end.text : 'no output']
    throw new Error(`The native programs do not compile:\n${why.slice(-15).join('\n')}`)
  }
  await setRoots(store, PLATFORM_ROOTS, 'native', [root])
  const path = `${root}/app`
  await writeAtomic(fileOf(agentState), JSON.stringify({ version: 1, path, root, key }))
  return path
}
