import { readFile, readlink, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { BuildLimits, Cell } from '../engine.ts'
import { cacheFolders, type OpenCaches } from './app-caches.ts'
import { watchDisk } from './disk.ts'
import { parseMark, parseNixLine } from './nix-log.ts'
import { CELL, makeWorkFolder, type WorkFolder } from './places.ts'
import { cellInput } from './secrets.ts'
import { run } from './spawn.ts'
import { ASSETS } from './stack.ts'
import { invalidPaths, physical, SHARE_FILES, type Store } from './store.ts'

/** What is built: an expression of ours, or a derivation that is in the store already. */
export type Work =
  | {
      readonly expression: 'stage.nix' | 'toolchain.nix'
      /** What the expression reads. */
      readonly spec: unknown
    }
  | {
      /** `/nix/store/….drv^output`. */
      readonly derivation: string
      /** Arguments of `nix build`, in the place of those that let it into the cell. */
      readonly options: readonly string[]
    }

export type StageRun = Work & StageRunOptions

interface StageRunOptions {
  readonly store: Store
  readonly cell: Cell
  readonly limits: BuildLimits
  /** Config vars for the commands. */
  readonly env: Readonly<Record<string, string>>
  /** NUL-separated; what stages with network see of the registries. */
  readonly network: string
  readonly cache: OpenCaches | null
  /** MB that the caches held before this build: what it adds to them counts against its limit, that does not. */
  readonly cacheMb?: Promise<number>
  /** Monotonic ms (`performance.now()`) at which the build's time is up. */
  readonly deadline: number
  readonly signal: AbortSignal
  /** Its output holds much that an earlier one held as well, e.g. the app's source. */
  readonly shares?: boolean
  /** Run it although its output is there, and compare: an output that differs is a failure. */
  readonly again?: boolean
  readonly onLine: (line: string) => void
  readonly onCommand: (index: number) => void
}

export type StageEnd =
  | { readonly ok: true; readonly outputs: Readonly<Record<string, string>> }
  | {
      readonly ok: false
      readonly reason: 'canceled' | 'time' | 'memory' | 'disk'
      readonly usedMb?: number
    }
  | { readonly ok: false; readonly reason: 'leak'; readonly name: string; readonly file: string }
  /** The commands failed, or Nix itself could not go on; `text` is what Nix said. */
  | { readonly ok: false; readonly reason: 'failed' | 'nix'; readonly text: string }

const Built = z.array(z.object({ drvPath: z.string(), outputs: z.record(z.string(), z.string()) }))

/** Outputs by name as they stand in a derivation (ATerm: `Derive([("out","/nix/store/…","","")…`). */
export function outputsOfDerivation(text: string): Record<string, string> {
  const end = text.indexOf('],[')
  const found = text.slice(0, end).matchAll(/\("([^"]+)","(\/nix\/store\/[^"]+)"/g)
  return Object.fromEntries([...found].map(([, name, path]) => [name, path]))
}

/** Nix tells only of what it made: outputs that were there already are known by the derivation alone. */
async function outputsOf(store: Store, stdout: string): Promise<Record<string, string>> {
  const outputs: Record<string, string> = {}
  for (const built of Built.parse(JSON.parse(stdout))) {
    const text = await readFile(physical(store, built.drvPath), 'utf8').catch(() => '')
    Object.assign(outputs, outputsOfDerivation(text), built.outputs)
  }
  return outputs
}

async function argvFor(stage: StageRun, work: WorkFolder): Promise<string[]> {
  const network = join(work.outside, 'network')
  const spec = join(work.outside, 'spec.json')
  await writeFile(network, stage.network)
  if ('expression' in stage) await writeFile(spec, JSON.stringify(stage.spec))
  const cell = [
    join(ASSETS, 'cell.sh'),
    await readlink('/proc/self/ns/mnt'),
    stage.cell.resolvConf,
    stage.cell.caBundle,
    network,
    stage.cache?.shared ?? '',
    (stage.cache?.over ?? []).map(({ name, folder }) => `${name}\t${folder}\n`).join(''),
  ]
  const seconds = Math.max(1, Math.ceil((stage.deadline - performance.now()) / 1000))
  return [
    ...stage.store.enter,
    ...stage.cell.prefix,
    '/bin/bash',
    '-euo',
    'pipefail',
    ...cell,
    // Builds give way to what serves requests.
    '/usr/bin/nice',
    '-n',
    '10',
    ...stage.store.nix.nix,
    'build',
    ...('expression' in stage
      ? ['--file', join(ASSETS, stage.expression), '--argstr', 'specFile', `${work.inside}/spec.json`, '^*']
      : [stage.derivation]),
    '--no-link',
    '--json',
    '--log-format',
    'internal-json',
    // Nix would start itself as a helper for remote builders; an extracted Nix cannot be started that way.
    '--option',
    'build-hook',
    '',
    '--option',
    'build-dir',
    work.inside,
    ...('expression' in stage ? ['--option', 'extra-sandbox-paths', CELL] : stage.options),
    ...(stage.shares === true ? SHARE_FILES : []),
    '--timeout',
    String(seconds),
    // With what differs kept beside the output, as `<output>.check`.
    ...(stage.again === true ? ['--rebuild', '--keep-failed'] : []),
  ]
}

async function readOutputs(store: Store, derivation: string): Promise<string[]> {
  const text = await readFile(physical(store, derivation), 'utf8').catch(() => '')
  return Object.values(outputsOfDerivation(text))
}

/** Removes what an ended Nix left of builds that did not come to their end; what did stays. */
async function removePartial(store: Store, derivations: ReadonlySet<string>): Promise<void> {
  for (const derivation of derivations) {
    const outputs = await readOutputs(store, derivation)
    const halves = await invalidPaths(store, outputs)
    const left = [
      `${derivation}.chroot`,
      `${derivation}.lock`,
      ...halves,
      ...outputs.map((path) => `${path}.lock`),
    ]
    for (const path of left) await rm(physical(store, path), { recursive: true, force: true })
  }
}

/**
 * Runs one derivation in the cell and resolves with its outputs or why there are none. Whatever the end, no process,
 * temporary file or half output stays.
 */
export async function runStage(stage: StageRun): Promise<StageEnd> {
  const { store, cell, limits } = stage
  const work = await makeWorkFolder(store)
  const derivations = new Set<string>()
  const outputs = new Set<string>()
  let stopped: StageEnd | null = null
  let leak: StageEnd | null = null
  const said: string[] = []
  const stop = new AbortController()
  const end = (why: StageEnd) => {
    stopped ??= why
    stop.abort()
  }
  const canceled = () => end({ ok: false, reason: 'canceled' })
  stage.signal.addEventListener('abort', canceled, { once: true })
  if (stage.signal.aborted) canceled()
  const timer = setTimeout(
    () => end({ ok: false, reason: 'time' }),
    Math.max(0, stage.deadline - performance.now()),
  )
  const caches = stage.cache === null ? [] : cacheFolders(stage.cache)
  const growing = () => [
    work.outside,
    ...[...derivations].map((path) => physical(store, `${path}.chroot`)),
    // Without Nix's chroot an output is written where it will stay.
    ...outputs,
    ...caches,
  ]
  using _watch = watchDisk(
    work.outside,
    growing,
    limits.diskMb,
    (usedMb) => end({ ok: false, reason: 'disk', usedMb }),
    stage.cacheMb,
  )
  const oomBefore = await cell.oomKills()

  const onStderrLine = (line: string) => {
    const event = parseNixLine(line)
    if (event.type === 'building') {
      derivations.add(event.derivation)
      void readOutputs(store, event.derivation).then((paths) => {
        for (const path of paths) outputs.add(physical(store, path))
      })
    } else if (event.type === 'message' && event.level <= 1 && event.text.trim() !== '') said.push(event.text)
    else if (event.type === 'output') {
      const mark = parseMark(event.line)
      if (mark === null) stage.onLine(event.line)
      else if (mark.type === 'run') stage.onCommand(mark.command)
      // What a command prints in our name is believed only of a config var that it was given.
      else if (Object.hasOwn(stage.env, mark.name))
        leak = { ok: false, reason: 'leak', name: mark.name, file: mark.file }
    }
  }
  try {
    const argv = await argvFor(stage, work)
    const result = await run(argv, {
      env: store.nix.env,
      input: cellInput(stage.env),
      signal: stop.signal,
      onStderrLine,
    })
    if (stopped !== null || result.code !== 0) {
      // Only a stage that was stopped may have left processes; one that failed was swept by Nix, and other stages of
      // this build may be at work in the cell.
      if (stopped !== null) await cell.kill()
      await removePartial(store, derivations)
      if (stopped !== null) return stopped
      if (leak !== null) return leak
      if ((await cell.oomKills()) > oomBefore) return { ok: false, reason: 'memory' }
      const text = said.slice(-15).join('\n') || result.stderr
      return { ok: false, reason: derivations.size === 0 ? 'nix' : 'failed', text }
    }
    return { ok: true, outputs: await outputsOf(store, result.stdout) }
  } finally {
    clearTimeout(timer)
    stage.signal.removeEventListener('abort', canceled)
    await work.remove()
  }
}
