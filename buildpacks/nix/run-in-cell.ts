import { readlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BuildJob } from './build-job.ts'
import { HOST_ENV } from './debian.ts'
import { usedMb, watchDisk } from './disk.ts'
import { networkEnvironment, nulSeparated } from './net-env.ts'
import { parseMark, plain } from './nix-log.ts'
import type { WorkFolder } from './places.ts'
import type { StageEnd } from './run-stage.ts'
import { cellInput } from './secrets.ts'
import { run } from './spawn.ts'
import { ASSETS } from './stack.ts'

export interface CellScript {
  readonly work: WorkFolder
  /** Beside this module, with its arguments. Runs as root inside of the cell, after cell.sh. */
  readonly script: string
  readonly arguments: readonly string[]
  /** Config vars that it may read. */
  readonly env: Readonly<Record<string, string>>
  /** Folders besides the work folder whose growth counts against the build's disk. */
  readonly growing: readonly string[]
  /** Redacted already. */
  readonly onLine: (line: string) => void
}

export type ScriptEnd =
  | { readonly ok: true }
  | {
      readonly ok: false
      readonly end: Exclude<StageEnd, { ok: true }>
      readonly tail: readonly string[]
    }

const TAIL_LINES = 200
/** Exit status of a script that has found a secret. */
const LEAK = 65

/** Runs a script of ours in the build's cell with the build's limits. Whatever the end, no process of it stays. */
export async function runInCell(job: BuildJob, given: CellScript): Promise<ScriptEnd> {
  const { limits } = job.request
  const { work } = given
  const cell = await job.cell()
  const stop = new AbortController()
  let stopped: Exclude<StageEnd, { ok: true }> | null = null
  let leak: Exclude<StageEnd, { ok: true }> | null = null
  const tail: string[] = []
  const end = (why: Exclude<StageEnd, { ok: true }>) => {
    stopped ??= why
    stop.abort()
  }
  const canceled = () => end({ ok: false, reason: 'canceled' })
  job.stop.signal.addEventListener('abort', canceled, { once: true })
  if (job.stop.signal.aborted) canceled()
  const left = Math.max(0, job.deadline - performance.now())
  const timer = setTimeout(() => end({ ok: false, reason: 'time' }), left)
  const growing = [work.outside, ...given.growing]
  const found = given.growing.length === 0 ? Promise.resolve(0) : usedMb(given.growing)
  using _watch = watchDisk(
    work.outside,
    () => growing,
    limits.diskMb,
    (usedMb) => end({ ok: false, reason: 'disk', usedMb }),
    found,
  )
  const onStderrLine = (raw: string) => {
    const line = job.redact(plain(raw))
    const mark = parseMark(line)
    if (mark?.type === 'leak') {
      // What a command prints in our name is believed only of a config var that it was given.
      if (Object.hasOwn(given.env, mark.name))
        leak = { ok: false, reason: 'leak', name: mark.name, file: mark.file }
      return
    }
    tail.push(line)
    if (tail.length > TAIL_LINES) tail.shift()
    given.onLine(line)
  }
  const oomBefore = await cell.oomKills()
  try {
    const argv = await argvFor(job, given)
    const { code } = await run(argv, {
      env: HOST_ENV,
      input: cellInput(given.env),
      signal: stop.signal,
      onStderrLine,
    })
    if (stopped !== null) {
      await cell.kill()
      return { ok: false, end: stopped, tail }
    }
    if (code === 0) return { ok: true }
    if (code === LEAK && leak !== null) return { ok: false, end: leak, tail }
    if ((await cell.oomKills()) > oomBefore) return { ok: false, end: { ok: false, reason: 'memory' }, tail }
    return { ok: false, end: { ok: false, reason: 'failed', text: '' }, tail }
  } finally {
    clearTimeout(timer)
    job.stop.signal.removeEventListener('abort', canceled)
  }
}

async function argvFor(job: BuildJob, given: CellScript): Promise<string[]> {
  const { store, registries } = job.workshop
  const cell = await job.cell()
  const network = join(given.work.outside, 'network')
  await writeFile(network, nulSeparated(networkEnvironment(registries)))
  const bash = ['/bin/bash', '-euo', 'pipefail']
  return [
    ...store.enter,
    ...cell.prefix,
    ...bash,
    join(ASSETS, 'cell.sh'),
    await readlink('/proc/self/ns/mnt'),
    cell.resolvConf,
    cell.caBundle,
    network,
    '',
    '',
    '/usr/bin/nice',
    '-n',
    '10',
    ...bash,
    join(ASSETS, given.script),
    ...given.arguments,
  ]
}
