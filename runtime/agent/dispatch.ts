import type { z } from 'zod'
import { type AgentVerb, agentVerbs } from '../../server/contract/nodes.ts'
import { AgentError } from './agent-error.ts'
import type { AgentContext } from './context.ts'
import { audit } from './verbs/audit.ts'
import { buildCaches, purgeCaches } from './verbs/build-caches.ts'
import { collect } from './verbs/collect.ts'
import { destroyApp } from './verbs/destroy-app.ts'
import { hello } from './verbs/hello.ts'
import { makeVolume } from './verbs/make-volume.ts'
import { stats } from './verbs/stats.ts'

type Request<Verb extends AgentVerb> = z.infer<(typeof agentVerbs)[Verb]['request']>
type Reply<Verb extends AgentVerb> = z.input<(typeof agentVerbs)[Verb]['reply']>
/** `build` answers events and is served apart. */
export type PlainVerb = Exclude<AgentVerb, 'build'>

/** An observer waits this long for news. */
const OBSERVE_MS = 25_000

const verbs: {
  readonly [Verb in PlainVerb]: (
    agent: AgentContext,
    order: Request<Verb>,
  ) => Promise<Reply<Verb>> | Reply<Verb>
} = {
  hello,
  stats,
  audit,
  collect,
  lead: (agent) => ({ epoch: agent.fence.current() }),
  cancelBuild: async (agent, order) => ({ canceled: await agent.builds.cancel(order.build) }),
  forgetBuild: (agent, order) => done(agent.builds.forget(order.build)),
  start: (agent, order) => agent.instances.start(order.instance),
  drain: (agent, order) => done(agent.instances.drain(order.instance)),
  route: (agent, order) => done(agent.instances.route(order.instance)),
  stop: (agent, order) => done(agent.instances.stop(order.instance)),
  kill: (agent, order) => done(agent.instances.kill(order.instance)),
  exec: (agent, { instance, command, env, pty }) => ({
    exec: agent.execs.order(instance, { command, env, pty }),
  }),
  forget: (agent, order) => done(agent.instances.forget(order.instance)),
  observe: (agent, order) => agent.instances.observe(order.after, OBSERVE_MS),
  buildCaches: (agent, order) => buildCaches(agent, order.app),
  purgeCaches: (agent, order) => purgeCaches(agent, order.app),
  makeVolume: (agent, order) => makeVolume(agent, order),
  volumes: (agent, order) => ({ volumes: agent.volumes.list(order.app) }),
  removeVolume: (agent, order) => done(agent.volumes.remove(order.app, order.volume)),
  snapshotVolume: async (agent, order) => ({
    mb: await agent.volumes.snapshot(order.app, order.volume, order.snapshot),
  }),
  restoreVolume: (agent, order) => done(agent.volumes.restore(order.app, order.volume, order.snapshot)),
  removeSnapshot: (agent, order) =>
    done(agent.volumes.removeSnapshot(order.app, order.volume, order.snapshot)),
  network: (agent, order) => done(agent.networks.take(order.apps)),
  egressHosts: (agent, order) => ({ hosts: agent.networks.hosts(order.app) }),
  destroyApp: (agent, order) => destroyApp(agent, order.app),
}

/** The answer of a verb that only does. */
async function done(work: void | Promise<void>): Promise<Record<string, never>> {
  await work
  return {}
}

export function isVerb(name: string): name is AgentVerb {
  return Object.hasOwn(agentVerbs, name)
}

/** Checks an order's shape and its epoch. */
export function admit<Verb extends AgentVerb>(agent: AgentContext, verb: Verb, body: unknown): Request<Verb> {
  const parsed = agentVerbs[verb].request.safeParse(body)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw new AgentError(
      'bad_request',
      `${verb}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is malformed'}`,
    )
  }
  const order = parsed.data as Request<Verb>
  if ('epoch' in order) agent.fence.admit(order.epoch)
  return order
}

export async function dispatch<Verb extends PlainVerb>(
  agent: AgentContext,
  verb: Verb,
  body: unknown,
): Promise<Reply<Verb>> {
  return await verbs[verb](agent, admit(agent, verb, body))
}
