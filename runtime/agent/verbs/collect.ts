import { pruneSkeletons } from '../../driver/skeleton.ts'
import type { AgentContext } from '../context.ts'

/** What a running build or instance needs is kept, whatever the order says. */
export async function collect(
  agent: AgentContext,
  order: { readonly keep: readonly string[]; readonly budgetMb: number | null },
) {
  const used = agent.instances.all().map((record) => record.spec.build)
  const keep = new Set<string>([...order.keep, ...used, ...agent.builds.running()])
  const roots = (await agent.engine.rooted()).filter((build) => !keep.has(build))
  for (const build of roots) await agent.engine.unroot(build)
  const freedMb = await agent.engine.collect(order.budgetMb)
  await pruneSkeletons(agent.skeletons, null)
  // Nobody waits for it, and what it does not reach now it reaches the next time.
  void agent.engine.tidy().catch(() => undefined)
  return { unrooted: roots.length, freedMb }
}
