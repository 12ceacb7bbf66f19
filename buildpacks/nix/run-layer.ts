import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BuildJob } from './build-job.ts'
import { BuildStopped } from './failure.ts'
import { makeWorkFolder } from './places.ts'
import { type Failure, runLimited } from './run-limited.ts'
import { readDefinition } from './stack.ts'
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
  | { readonly ok: false; readonly end: Failure; readonly tail: readonly string[] }

/** Makes a layer in the build's cell and adds it to the store. Whatever the end, nothing else of it stays. */
export async function runLayer(job: BuildJob, spec: LayerSpec): Promise<LayerEnd> {
  const { store, stacks } = job.workshop
  const definition = await readDefinition()
  const work = await makeWorkFolder(store)
  const list = async (name: string, lines: readonly string[]) =>
    await writeFile(join(work.outside, name), lines.map((line) => `${line}\n`).join(''))
  const own = [null, definition.suite, `${definition.suite}-backports`].includes(spec.suite)
  const tail: string[] = []
  try {
    // Package tools of the build stack do the work; nothing of an app's needs them.
    await list('base', [...definition.run, 'dpkg'])
    await list('packages', spec.packages)
    const { stopped, code, stdout } = await runLimited(job, {
      work,
      script: 'layer.sh',
      arguments: [work.inside, stacks.build.path, own ? 'install' : 'unpack', spec.suite ?? definition.suite],
      onStderrLine: (line) => tail.push(line),
    })
    const missing = /^@sky package (\S+)$/m.exec(stdout)?.[1]
    if (stopped === null && missing !== undefined)
      throw new BuildStopped(
        'build_failed',
        `There is no package "${missing}" in Debian's ${spec.suite ?? 'suite of this stack'}`,
        'Packages of the system have the names that Debian gives them: look at the spelling, or remove it.',
      )
    if (stopped !== null || code !== 0)
      return { ok: false, end: stopped ?? { ok: false, reason: 'failed', text: '' }, tail }
    const versions = await readFile(join(work.outside, 'versions'), 'utf8').catch(() => '')
    const path = await addPath(store, spec.name, join(work.outside, 'upper'))
    const record = { path, ...(await closureOf(store, path)), complete: false }
    return { ok: true, record, versions: versions.split('\n').filter((line) => line !== '') }
  } finally {
    await work.remove()
  }
}
