import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BuildPlan } from '../plan.ts'
import type { BuildJob, Tell } from './build-job.ts'
import { type SystemLayer, storeName } from './expression.ts'
import { BuildStopped, canceled, explainEnd } from './failure.ts'
import { type LayerEnd, type LayerSpec, runLayer } from './run-layer.ts'
import { GivenUp } from './single-flight.ts'
import type { Added } from './source-path.ts'
import { ASSETS } from './stack.ts'
import type { StageRecord } from './stage-records.ts'
import { heading, indented } from './talk.ts'

const PACKAGE = /^[a-z0-9][a-z0-9+.-]+$/
const SUITE = /^[a-z][a-z0-9-]+$/

export interface WantedLayer extends LayerSpec {
  /** As users know it. */
  readonly label: string
  readonly phases: readonly ('build' | 'run')[]
}

/** What of a plan has to be laid over the stack, the uppermost first. Pure; throws where a name is none. */
export function wantedLayers(plan: Pick<BuildPlan, 'tools' | 'systemPackages'>): WantedLayer[] {
  const wanted: WantedLayer[] = []
  const build = [...new Set(plan.systemPackages.build)].sort()
  const run = [...new Set(plan.systemPackages.run)].sort()
  const packages = (phases: WantedLayer['phases'], names: readonly string[]) => {
    if (names.length === 0) return
    const label = names.join(', ')
    wanted.push({ name: 'packages', label, suite: null, packages: names, phases })
  }
  if (build.join(' ') === run.join(' ')) packages(['build', 'run'], build)
  else {
    packages(['build'], [...new Set([...build, ...run])].sort())
    packages(['run'], run)
  }
  for (const tool of plan.tools) {
    if (tool.layer === undefined) continue
    const label = `${tool.name}${tool.version === null ? '' : ` ${tool.version}`}`
    wanted.push({
      name: storeName('layer', label.replace(' ', '-')),
      label,
      ...tool.layer,
      phases: tool.phase,
    })
  }
  for (const { packages: names, suite } of wanted) {
    const odd = [
      ...names.filter((name) => !PACKAGE.test(name)),
      ...(suite === null || SUITE.test(suite) ? [] : [suite]),
    ]
    if (odd.length > 0)
      throw new BuildStopped(
        'build_failed',
        `"${odd[0]}" is no name of a Debian package`,
        'Name packages as Debian does: small letters, digits and +.- only.',
      )
  }
  return wanted
}

/** Layers are shared by all apps: they hold nothing of any of them. */
async function layerKey(job: BuildJob, spec: LayerSpec): Promise<string> {
  const { stacks } = job.workshop
  const script = await readFile(join(ASSETS, 'layer.sh'), 'utf8')
  return createHash('sha256')
    .update(
      JSON.stringify([
        'layer',
        script,
        stacks.build.path,
        stacks.run.path,
        spec.suite,
        [...spec.packages].sort(),
      ]),
    )
    .digest('hex')
}

async function makeLayer(job: BuildJob, wanted: WantedLayer, tell: Tell, added: Added): Promise<StageRecord> {
  const { records, flight } = job.workshop
  const key = await layerKey(job, wanted)
  const known = await records.find(key)
  if (known !== null) return known
  const begun = performance.now()
  const state = (state: 'started' | 'done' | 'failed') =>
    tell({ type: 'stage', name: wanted.name, state, ms: Math.round(performance.now() - begun) })
  tell({ type: 'line', text: heading(`Fetching ${wanted.label}`) })
  state('started')
  const failed: Extract<LayerEnd, { ok: false }>[] = []
  try {
    const record = await flight.run(key, job.stop.signal, async () => {
      const done = await runLayer(job, wanted)
      if (!done.ok) {
        failed.push(done)
        throw new GivenUp('the layer failed')
      }
      for (const line of done.versions.slice(0, 20)) tell({ type: 'line', text: indented(line) })
      await records.keep(key, done.record)
      return done.record
    })
    added.bytes += record.size
    state('done')
    return record
  } catch (error) {
    state('failed')
    const [mine] = failed
    if (mine !== undefined)
      throw explainEnd(mine.end, `fetch ${wanted.label}`, '', mine.tail, job.request.limits)
    if (job.stop.signal.aborted) throw canceled()
    throw error
  }
}

/** The plan's packages of the system as layers over the stack, the uppermost first; made where they are not there yet. */
export async function makeLayers(job: BuildJob, tell: Tell, added: Added): Promise<SystemLayer[]> {
  const wanted = wantedLayers(job.request.plan)
  // Side by side: most of the time goes to the network and to the disk. The first that fails ends the others.
  const running = wanted.map((one) => {
    const mine = makeLayer(job, one, tell, added)
    mine.catch(() => job.stop.abort())
    return mine
  })
  const results = await Promise.allSettled(running)
  const failures = results.flatMap((result): unknown[] =>
    result.status === 'rejected' ? [result.reason] : [],
  )
  const told =
    failures.find((reason) => reason instanceof BuildStopped && reason.outcome.code !== 'build_canceled') ??
    failures[0]
  if (told instanceof Error) throw told
  return results.flatMap((result, index) => {
    const phases = wanted[index]?.phases
    return result.status === 'fulfilled' && phases !== undefined ? [{ path: result.value.path, phases }] : []
  })
}
