import { readFile, readlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BuildJob } from './build-job.ts'
import { HOST_ENV } from './debian.ts'
import { watchDisk } from './disk.ts'
import { BuildStopped } from './failure.ts'
import { nulSeparated, networkEnvironment } from './net-env.ts'
import { makeWorkFolder, type WorkFolder } from './places.ts'
import type { StageEnd } from './run-stage.ts'
import { run } from './spawn.ts'
import { ASSETS, readDefinition } from './stack.ts'
import type { StageRecord } from './stage-records.ts'
import { addPath, closureOf } from './store.ts'

/** Packages of Debian as they lie over a stack. */
export interface LayerSpec {
  readonly name: string
  /** null: the stack's own. */
  readonly suite: string | null
  readonly packages: readonly string[]
}

export type LayerEnd =
  | { readonly ok: true; readonly record: StageRecord; readonly versions: readonly string[] }
  | { readonly ok: false; readonly end: Exclude<StageEnd, { ok: true }>; readonly tail: readonly string[] }

async function argvFor(job: BuildJob, spec: LayerSpec, work: WorkFolder): Promise<string[]> {
  const { workshop } = job
  const cell = await job.cell()
  const definition = await readDefinition()
  const network = join(work.outside, 'network')
  await writeFile(network, nulSeparated(networkEnvironment(workshop.registries)))
  // Package tools of the build stack do the work; nothing of an app's needs them.
  await writeFile(join(work.outside, 'base'), [...definition.run, 'dpkg'].map((name) => `${name}\n`).join(''))
  await writeFile(join(work.outside, 'packages'), spec.packages.map((name) => `${name}\n`).join(''))
  const own = [null, definition.suite, `${definition.suite}-backports`].includes(spec.suite)
  return [
    ...workshop.store.enter,
    ...cell.prefix,
    '/bin/bash',
    '-euo',
    'pipefail',
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
    '/bin/bash',
    '-euo',
    'pipefail',
    join(ASSETS, 'layer.sh'),
    work.inside,
    workshop.stacks.build.path,
    own ? 'install' : 'unpack',
    spec.suite ?? definition.suite,
  ]
}

/** Makes a layer in the build's cell and adds it to the store. Whatever the end, nothing else of it stays. */
export async function runLayer(job: BuildJob, spec: LayerSpec): Promise<LayerEnd> {
  const { store } = job.workshop
  const { limits } = job.request
  const cell = await job.cell()
  const work = await makeWorkFolder(store)
  const stop = new AbortController()
  let stopped: Exclude<StageEnd, { ok: true }> | null = null
  let missing: string | null = null
  const end = (why: Exclude<StageEnd, { ok: true }>) => {
    stopped ??= why
    stop.abort()
  }
  const canceled = () => end({ ok: false, reason: 'canceled' })
  job.stop.signal.addEventListener('abort', canceled, { once: true })
  if (job.stop.signal.aborted) canceled()
  const left = Math.max(0, job.deadline - performance.now())
  const timer = setTimeout(() => end({ ok: false, reason: 'time' }), left)
  using _watch = watchDisk(
    work.outside,
    () => [work.outside],
    limits.diskMb,
    (usedMb) => end({ ok: false, reason: 'disk', usedMb }),
  )
  const oomBefore = await cell.oomKills()
  const tail: string[] = []
  try {
    const argv = await argvFor(job, spec, work)
    const { code, stdout } = await run(argv, {
      env: HOST_ENV,
      signal: stop.signal,
      onStderrLine: (line) => tail.push(line),
    })
    if (stopped !== null) {
      await cell.kill()
      return { ok: false, end: stopped, tail }
    }
    missing = /^@sky package (\S+)$/m.exec(stdout)?.[1] ?? null
    if (missing !== null)
      throw new BuildStopped(
        'build_failed',
        `There is no package "${missing}" in Debian's ${spec.suite ?? 'suite of this stack'}`,
        'Packages of the system have the names that Debian gives them: look at the spelling, or remove it.',
      )
    if (code !== 0) {
      const reason = (await cell.oomKills()) > oomBefore ? 'memory' : 'failed'
      return {
        ok: false,
        end: reason === 'memory' ? { ok: false, reason } : { ok: false, reason, text: '' },
        tail,
      }
    }
    const versions = await readFile(join(work.outside, 'versions'), 'utf8').catch(() => '')
    const path = await addPath(store, spec.name, join(work.outside, 'upper'))
    const record = { path, ...(await closureOf(store, path)), complete: false }
    return { ok: true, record, versions: versions.split('\n').filter((line) => line !== '') }
  } finally {
    clearTimeout(timer)
    job.stop.signal.removeEventListener('abort', canceled)
    await work.remove()
  }
}
