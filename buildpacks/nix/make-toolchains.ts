import type { BuildJob, Task, Tell } from './build-job.ts'
import type { Toolchain } from './expression.ts'
import type { Added } from './source-path.ts'
import { PLATFORM_ROOTS } from './stack.ts'
import { setRoots } from './store.ts'
import { heading } from './talk.ts'
import { asToolchain, toolKey, toolRecipe } from './toolchain.ts'

/** The plan's tools as store paths, fetched where they are not there yet. */
export async function makeToolchains(job: BuildJob, tell: Tell, added: Added): Promise<Toolchain[]> {
  const { stacks, revision } = job.workshop
  const made: Toolchain[] = []
  for (const tool of job.request.plan.tools) {
    const recipe = toolRecipe(tool, stacks.build)
    if (recipe === null) continue
    const key = toolKey(recipe, revision)
    const label = `${tool.name}${tool.version === null ? '' : ` ${tool.version}`}`
    if ((await job.workshop.records.find(key)) === null)
      tell({ type: 'line', text: heading(`Fetching ${label}`) })
    const task: Task = { key, name: label, ...recipe, commands: [], env: {}, caches: [] }
    const done = await job.attempt(task, tell)
    if (!('record' in done)) throw job.failure(done, `fetch ${label}`)
    const { record } = done
    if (done.fresh) {
      added.bytes += record.size
      // Debian's tools are named by the stack alone: made once, kept for all apps.
      if (tool.source === 'debian')
        await setRoots(job.workshop.store, PLATFORM_ROOTS, `tool-${tool.name}`, [record.path])
    }
    made.push(asToolchain(tool, record, record.also?.['dev'] ?? null))
  }
  return made
}
