import { readlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BuildJob } from './build-job.ts'
import { HOST_ENV } from './debian.ts'
import { usedMb, watchDisk } from './disk.ts'
import { networkEnvironment, nulSeparated } from './net-env.ts'
import type { WorkFolder } from './places.ts'
import type { StageEnd } from './run-stage.ts'
import { run } from './spawn.ts'
import { ASSETS } from './stack.ts'

export type Failure = Exclude<StageEnd, { ok: true }>

export interface Limited {
  readonly work: WorkFolder
  /** Beside this module, with its arguments. Runs as root inside of the cell, after cell.sh. */
  readonly script: string
  readonly arguments: readonly string[]
  readonly input?: string | Buffer
  /** Folders besides the work folder whose growth counts against the build's disk. */
  readonly growing?: readonly string[]
  readonly onStderrLine: (line: string) => void
}

/** `stopped`: what ended it before its time, and no process of it is left. */
export interface LimitedEnd {
  readonly stopped: Failure | null
  readonly code: number | null
  readonly stdout: string
}

/** Runs a script of ours in the build's cell, within what the build may still take of time, memory and disk. */
export async function runLimited(job: BuildJob, given: Limited): Promise<LimitedEnd> {
  const cell = await job.cell()
  const stop = new AbortController()
  let stopped: Failure | null = null
  const end = (why: Failure) => {
    stopped ??= why
    stop.abort()
  }
  const canceled = () => end({ ok: false, reason: 'canceled' })
  job.stop.signal.addEventListener('abort', canceled, { once: true })
  if (job.stop.signal.aborted) canceled()
  const left = Math.max(0, job.deadline - performance.now())
  const timer = setTimeout(() => end({ ok: false, reason: 'time' }), left)
  const growing = given.growing ?? []
  using _watch = watchDisk(
    given.work.outside,
    () => [given.work.outside, ...growing],
    job.request.limits.diskMb,
    (usedMb) => end({ ok: false, reason: 'disk', usedMb }),
    growing.length === 0 ? Promise.resolve(0) : usedMb(growing),
  )
  const oomBefore = await cell.oomKills()
  try {
    const { code, stdout } = await run(await argvFor(job, given), {
      env: HOST_ENV,
      ...(given.input === undefined ? {} : { input: given.input }),
      signal: stop.signal,
      onStderrLine: given.onStderrLine,
    })
    if (stopped !== null) await cell.kill()
    else if (code !== 0 && (await cell.oomKills()) > oomBefore) stopped = { ok: false, reason: 'memory' }
    return { stopped, code, stdout }
  } finally {
    clearTimeout(timer)
    job.stop.signal.removeEventListener('abort', canceled)
  }
}

async function argvFor(job: BuildJob, given: Limited): Promise<string[]> {
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
