import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Flake } from '../../plan.ts'
import type { Attempt, BuildJob, Task, Tell } from '../build-job.ts'
import type { SystemLayer, Toolchain } from '../expression.ts'
import { BuildStopped } from '../failure.ts'
import { run } from '../spawn.ts'
import type { Added } from '../source-path.ts'
import type { StageRecord } from '../stage-records.ts'
import { physical } from '../store.ts'
import { heading, indented, reusedLine } from '../talk.ts'
import { dryRunLine, type Found, readFound, webProgramOf } from './found.ts'

/** The package of an app's flake, built. */
export interface FlakePackage {
  /** On PATH by its `bin`, with all that it needs. */
  readonly tool: Toolchain
  /** What answers requests, where the app does not say so itself; null: the package has no program. */
  readonly web: string | null
}

const broken = (what: string) =>
  new BuildStopped('internal_error', what, 'Push again; if it stays, report it together with flake.nix.')

/** Derivations of a flake may rely on a shell there and on nothing else of the machine, as Nix has it everywhere. */
function sandboxShell(job: BuildJob, system: readonly SystemLayer[]): string {
  for (const { path } of system) {
    const shell = physical(job.workshop.store, `${path}/usr/bin/busybox`)
    if (existsSync(shell)) return shell
  }
  throw broken('The layer of the packages has no shell for the sandbox of derivations')
}

/** Settings for what a stranger's derivations are built with. */
export function strictOptions(shell: string, urls: readonly string[], keys: readonly string[]): string[] {
  const settings: Record<string, string> = {
    // Unlike the steps of our own, which enter the box: whoever asks to leave the sandbox is refused.
    sandbox: 'true',
    'sandbox-paths': `/bin/sh=${shell}`,
    'system-features': 'nixos-test benchmark big-parallel',
    'allow-import-from-derivation': 'false',
    substituters: urls.join(' '),
    'trusted-public-keys': keys.join(' '),
    'require-sigs': 'true',
    fallback: 'false',
    'download-attempts': '3',
  }
  return Object.entries(settings).flatMap(([name, value]) => ['--option', name, value])
}

async function inCell(
  job: BuildJob,
  args: readonly string[],
): Promise<{ code: number | null; stderr: string }> {
  const { store } = job.workshop
  const cell = await job.cell()
  const left = Math.max(1, Math.ceil(job.deadline - performance.now()))
  return run([...store.enter, ...cell.prefix, '/usr/bin/nice', '-n', '10', ...store.nix.nix, ...args], {
    env: store.nix.env,
    signal: AbortSignal.any([job.stop.signal, AbortSignal.timeout(left)]),
  })
}

/**
 * Takes the derivations over. Only what is named by its own content is accepted, which Nix checks: whatever evaluated
 * the flake, it cannot have put anything into the store that other apps would take for something else.
 */
async function takeOver(job: BuildJob, folder: string, found: Found): Promise<void> {
  const trust = ['--option', 'require-sigs', 'true', '--option', 'trusted-public-keys', '']
  const { code, stderr } = await inCell(job, [
    'copy',
    '--from',
    `file://${folder}/store`,
    ...trust,
    found.derivation,
  ])
  job.stop.signal.throwIfAborted()
  if (code !== 0)
    throw broken(
      `The derivations of flake.nix could not be taken over: ${job.redact(stderr.trim().split('\n').at(-1) ?? '')}`,
    )
}

async function programsOf(job: BuildJob, path: string): Promise<string[]> {
  return (await readdir(join(physical(job.workshop.store, path), 'bin')).catch((): string[] => [])).sort()
}

/** Builds the default package of an app's flake out of what a step of its plan found. */
export async function makeFlake(
  job: BuildJob,
  flake: Flake,
  step: StageRecord,
  system: readonly SystemLayer[],
  tell: Tell,
  added: Added,
): Promise<FlakePackage> {
  const { workshop } = job
  const begun = performance.now()
  const state = (state: 'started' | 'cached' | 'done' | 'failed') =>
    tell({ type: 'stage', name: 'package', state, ms: Math.round(performance.now() - begun) })
  const folder = `${step.path}/app/${flake.folder}`
  const found = await readFound(physical(workshop.store, folder))
  if (found === null) throw broken('The step that evaluates flake.nix left nothing that can be read')
  const key = createHash('sha256')
    .update(JSON.stringify(['flake', found.derivation, found.output]))
    .digest('hex')
  tell({ type: 'line', text: heading(`Building the package ${shown(found.name)} of flake.nix`) })
  state('started')
  const known = await workshop.records.find(key)
  const options =
    known !== null && job.checks === null ? [] : await prepare(job, flake, folder, found, system, tell)
  const task: Task = {
    key,
    name: 'package',
    derivation: `${found.derivation}^${found.output}`,
    options,
    commands: [],
    env: {},
    caches: [],
    offline: true,
  }
  const done = await job.attempt(task, tell)
  if (!('record' in done)) {
    state('failed')
    throw job.failure(asFailed(done), 'package')
  }
  const { record } = done
  if (done.fresh) added.bytes += record.size
  else
    tell({
      type: 'line',
      text: indented(reusedLine('package', Math.round(performance.now() - begun)).trim()),
    })
  state(done.fresh ? 'done' : 'cached')
  const tool: Toolchain = { name: storeLabel(found.name), run: record, build: null, phases: ['run'] }
  return { tool, web: await webOf(job, found, record) }
}

/** What Nix refuses before it builds anything is the fault of what it was asked to build: a stranger wrote that. */
function asFailed(done: Extract<Attempt, { end: unknown }>): Extract<Attempt, { end: unknown }> {
  if (!('text' in done.end)) return done
  const { text } = done.end
  return { end: { ok: false, reason: 'failed', text }, tail: [...done.tail, ...text.split('\n')] }
}

async function prepare(
  job: BuildJob,
  flake: Flake,
  folder: string,
  found: Found,
  system: readonly SystemLayer[],
  tell: Tell,
): Promise<string[]> {
  const { urls, keys } = await job.workshop.flakeCaches.needed(flake.inputs)
  await takeOver(job, folder, found)
  const options = strictOptions(sandboxShell(job, system), urls, keys)
  const installable = `${found.derivation}^${found.output}`
  const dry = await inCell(job, ['build', installable, '--dry-run', '--no-link', ...options])
  job.stop.signal.throwIfAborted()
  const line = dryRunLine(dry.stderr)
  if (line !== null) tell({ type: 'line', text: indented(line) })
  return options
}

/** A Procfile or a setting says what runs; else there has to be one program that it can be. */
async function webOf(job: BuildJob, found: Found, record: StageRecord): Promise<string | null> {
  if (job.request.plan.release.processes['web'] !== undefined) return null
  const programs = await programsOf(job, record.path)
  const web = webProgramOf(found, programs)
  if (web !== null || programs.length === 0) return web
  throw new BuildStopped(
    'build_failed',
    `The package ${shown(found.name)} of flake.nix has several programs, and none is called as the package: ${programs.slice(0, 8).join(', ')}`,
    'Name the one that answers requests: `meta.mainProgram` in the package, or `web: NAME` in a Procfile.',
  )
}

const shown = (name: string) => name.replaceAll(/[^\w.+-]/g, '?').slice(0, 60)
const storeLabel = (name: string) => shown(name).replaceAll('?', '-')
