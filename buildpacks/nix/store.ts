import { mkdir, readdir, readlink, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Nix } from './nix.ts'
import { type RunResult, run, runOrThrow } from './spawn.ts'

/**
 * The store of an installation: `<home>/nix`, seen as `/nix` inside of the pinned mount namespace. Files are looked at
 * through `<home>`, which works on both sides; Nix itself is always called inside.
 */
export interface Store {
  readonly nix: Nix
  /** `<home>/nix`. */
  readonly root: string
  /** argv that enters the namespace; empty for a process that lives in it already, as the agent does. */
  readonly enter: readonly string[]
}

const ROOTS = 'var/nix/gcroots'

/** `/nix/store/…` as it is found from anywhere. */
export function physical(store: Store, path: string): string {
  if (!path.startsWith('/nix/')) throw new Error(`${path} is not below /nix`)
  return join(store.root, path.slice('/nix/'.length))
}

export function callNix(store: Store, args: readonly string[], signal?: AbortSignal): Promise<RunResult> {
  return run([...store.enter, ...store.nix.nix, ...args], {
    env: store.nix.env,
    ...(signal === undefined ? {} : { signal }),
  })
}

export function callNixStore(store: Store, args: readonly string[]): Promise<RunResult> {
  return run([...store.enter, ...store.nix.nixStore, ...args], { env: store.nix.env })
}

/** Files that the store has already become one more name of them: releases of an app differ in a few only. */
export const SHARE_FILES = ['--option', 'auto-optimise-store', 'true'] as const

/** Copies a tree into the store under `name`. The tree must be root's alone while this runs. */
export async function addPath(store: Store, name: string, folder: string): Promise<string> {
  const argv = [...store.enter, ...store.nix.nix, 'store', 'add-path', ...SHARE_FILES, '--name', name, folder]
  return (await runOrThrow(argv, { env: store.nix.env }, `Adding ${name} to the store`)).trim()
}

const PathInfo = z.record(
  z.string(),
  z.object({ narSize: z.number(), references: z.array(z.string()) }).nullable(),
)

/** Every path that `path` needs, itself included, and the size of it alone in bytes. */
export async function closureOf(store: Store, path: string): Promise<{ closure: string[]; size: number }> {
  const argv = [...store.enter, ...store.nix.nix, 'path-info', '--json', '--recursive', path]
  const info = PathInfo.parse(
    JSON.parse(await runOrThrow(argv, { env: store.nix.env }, `Asking for the closure of ${path}`)),
  )
  return { closure: Object.keys(info).sort(), size: info[path]?.narSize ?? 0 }
}

/** Which of these paths the store does not have as a whole. */
export async function invalidPaths(store: Store, paths: readonly string[]): Promise<string[]> {
  if (paths.length === 0) return []
  const { stdout } = await callNixStore(store, ['--check-validity', '--print-invalid', ...paths])
  return stdout.split('\n').filter((line) => line !== '')
}

/** Makes exactly these paths the roots of `group/name`. An earlier set stays until the new one stands. */
export async function setRoots(
  store: Store,
  group: string,
  name: string,
  paths: readonly string[],
): Promise<void> {
  const folder = join(store.root, ROOTS, group, name)
  await mkdir(folder, { recursive: true })
  const wanted = new Map(paths.map((path) => [path.slice(path.lastIndexOf('/') + 1), path]))
  const there = new Set(await readdir(folder))
  for (const [link, path] of wanted) if (!there.has(link)) await linkOnce(path, join(folder, link))
  for (const link of there) if (!wanted.has(link)) await rm(join(folder, link), { force: true })
}

/** A link of that name leads to the same path, whoever made it first. */
async function linkOnce(path: string, link: string): Promise<void> {
  try {
    await symlink(path, link)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}

export async function removeRoots(store: Store, group: string, name: string): Promise<void> {
  await rm(join(store.root, ROOTS, group, name), { recursive: true, force: true })
}

/** Names that have roots in a group. */
export async function rootNames(store: Store, group: string): Promise<string[]> {
  return (await readdir(join(store.root, ROOTS, group)).catch((): string[] => [])).sort()
}

export async function rootsOf(store: Store, group: string, name: string): Promise<string[]> {
  const folder = join(store.root, ROOTS, group, name)
  const links = await readdir(folder).catch(() => [])
  return Promise.all(links.map((link) => readlink(join(folder, link))))
}
