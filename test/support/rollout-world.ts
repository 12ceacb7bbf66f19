import fc from 'fast-check'
import type {
  Desired,
  InstanceState,
  Plan,
  RolloutInstance,
  RolloutType,
} from '../../server/domain/rollout.ts'
import { NO_CRASH, afterCrash } from '../../server/domain/backoff.ts'

/** A planner under test: the real one, or one that was broken on purpose. */
export type Planner = (desired: Desired, instances: readonly RolloutInstance[], now: number) => Plan

const TYPES = ['web', 'worker'] as const
const TIMING = { drain: 1_200, stop: 35_000 }

const state: fc.Arbitrary<InstanceState> = fc.oneof(
  fc.constant({ status: 'intended' as const }),
  fc.record({ status: fc.constant('starting' as const), since: fc.constant(0) }),
  fc.record({ status: fc.constant('ready' as const), since: fc.constant(0) }),
  fc.record({ status: fc.constant('draining' as const), since: fc.constant(0), confirmed: fc.boolean() }),
  fc.record({ status: fc.constant('stopping' as const), since: fc.constant(0), confirmed: fc.boolean() }),
  fc.record({
    status: fc.constant('exited' as const),
    wanted: fc.constant(true),
    message: fc.constant('Stopped'),
    timeout: fc.constant(false),
  }),
)

/** Any set of instances that history may have left, below the highest release that exists. */
export const anyInstances: fc.Arbitrary<RolloutInstance[]> = fc
  .array(
    fc.record({
      type: fc.constantFrom(...TYPES),
      release: fc.constantFrom(1, 2, 3),
      generation: fc.constantFrom(0, 1),
      replace: fc.boolean(),
      state,
    }),
    { maxLength: 8 },
  )
  .map((all) => all.map((one, index) => ({ ...one, id: `old-${index}`, number: index + 1 })))

export const anyFormation: fc.Arbitrary<RolloutType[]> = fc
  .tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 2 }))
  .map(([web, worker, surge]) => [
    { type: 'web', quantity: web, surge, generation: 1, routed: true, settle: 0, crashed: NO_CRASH },
    {
      type: 'worker',
      quantity: worker,
      surge: 1,
      generation: 1,
      routed: false,
      settle: 1_000,
      crashed: NO_CRASH,
    },
  ])

export function desiredOf(
  formation: readonly RolloutType[],
  candidate: boolean,
  currentTypes: readonly string[] = TYPES,
): Desired {
  const current = { version: 3, types: currentTypes }
  return {
    current,
    candidate: candidate ? { version: 4, types: TYPES, deadline: 600_000 } : null,
    formation,
    timing: TIMING,
  }
}

/** What a boot does in the simulated world: how long it takes, and whether it succeeds. */
export type Boot = (release: number, random: () => number) => { readonly ms: number; readonly ok: boolean }

export interface Broken {
  readonly rule: string
  readonly at: number
}

export interface Outcome {
  readonly verdicts: readonly string[]
  readonly desired: Desired
  readonly instances: readonly RolloutInstance[]
  readonly settled: boolean
  readonly broken: readonly Broken[]
}

/**
 * Lets a planner loose on a world that obeys it: boots take time, stops take time, crashes happen as `boot` says.
 * Checks the promises after every round and goes on until nothing is planned and nothing moves.
 */
export function simulate(
  plan: Planner,
  start: Desired,
  initial: readonly RolloutInstance[],
  boot: Boot,
  seed: number,
): Outcome {
  let desired = start
  let instances = [...initial]
  let now = 0
  let made = 0
  let noise = seed
  const random = () => (noise = (noise * 48_271 + 11) % 2_147_483_647) / 2_147_483_647
  const events: { at: number; run: () => void }[] = []
  const broken: Broken[] = []
  const verdicts: string[] = []
  const set = (id: string, next: InstanceState) => {
    instances = instances.map((one) => (one.id === id ? { ...one, state: next } : one))
  }
  const find = (id: string) => instances.find((one) => one.id === id)
  const boots = (id: string) => {
    const { ms, ok } = boot(find(id)?.release ?? 0, random)
    events.push({
      at: now + ms,
      run: () => {
        if (find(id)?.state.status !== 'starting') return
        if (ok) set(id, { status: 'ready', since: now })
        else set(id, { status: 'exited', wanted: false, message: 'Exited with status 1', timeout: false })
      },
    })
  }
  const exits = (id: string) => {
    events.push({
      at: now + 50 + random() * 500,
      run: () => find(id) && set(id, { status: 'exited', wanted: true, message: 'Stopped', timeout: false }),
    })
  }
  for (const {
    id,
    state: { status },
  } of initial)
    if (status === 'starting') boots(id)
  for (const {
    id,
    state: { status },
  } of initial)
    if (status === 'stopping') exits(id)

  for (let round = 0; round < 2_000; round += 1) {
    const before = instances
    const { verdict, steps, wakeAt } = plan(desired, instances, now)
    if (verdict.kind !== 'none') {
      verdicts.push(verdict.kind)
      if (verdict.kind === 'complete') broken.push(...checkComplete(desired, instances, now))
      desired = {
        ...desired,
        current: verdict.kind === 'complete' ? desired.candidate : desired.current,
        candidate: null,
      }
      continue
    }
    for (const step of steps) {
      switch (step.do) {
        case 'start':
          made += 1
          instances.push({
            id: `new-${made}`,
            number: made,
            type: step.type,
            release: step.release,
            generation: step.generation,
            replace: false,
            state: { status: 'intended' },
          })
          break
        case 'launch':
          set(step.id, { status: 'starting', since: now })
          boots(step.id)
          break
        case 'drain':
          if (find(step.id)?.state.status !== 'draining')
            set(step.id, { status: 'draining', since: now, confirmed: true })
          else set(step.id, { status: 'draining', since: 0, confirmed: true })
          break
        case 'stop':
        case 'kill':
          set(step.id, { status: 'stopping', since: now, confirmed: true })
          exits(step.id)
          break
        case 'forget': {
          const gone = find(step.id)
          if (gone?.state.status === 'exited' && !gone.state.wanted)
            desired = crashed(desired, gone.type, now)
          instances = instances.filter(({ id }) => id !== step.id)
          break
        }
      }
    }
    broken.push(...check(desired, before, instances, now))
    if (steps.length > 0) continue
    const times = [...events.map(({ at }) => at), ...(wakeAt === null ? [] : [wakeAt])].filter(
      (at) => at > now,
    )
    if (times.length === 0) return { verdicts, desired, instances, settled: true, broken }
    now = Math.min(...times)
    const due = events.filter(({ at }) => at <= now)
    for (const event of due) {
      events.splice(events.indexOf(event), 1)
      event.run()
    }
  }
  return { verdicts, desired, instances, settled: false, broken }
}

function crashed(desired: Desired, type: string, now: number): Desired {
  return {
    ...desired,
    formation: desired.formation.map((one) =>
      one.type === type ? { ...one, crashed: afterCrash(one.crashed, 0, now) } : one,
    ),
  }
}

const isLive = ({ state: { status } }: RolloutInstance) =>
  status === 'intended' || status === 'starting' || status === 'ready'
const ready = (instances: readonly RolloutInstance[], type: RolloutType, now: number) =>
  instances.filter(
    (one) => one.type === type.type && one.state.status === 'ready' && now >= one.state.since + type.settle,
  )

/** What must hold after every round. */
function check(
  desired: Desired,
  before: readonly RolloutInstance[],
  after: readonly RolloutInstance[],
  now: number,
): Broken[] {
  const broken: Broken[] = []
  const served = new Set([...(desired.current?.types ?? []), ...(desired.candidate?.types ?? [])])
  for (const type of desired.formation) {
    if (!served.has(type.type)) continue
    const had = ready(before, type, now).length
    if (ready(after, type, now).length < Math.min(type.quantity, had))
      broken.push({ rule: `capacity of ${type.type} dropped`, at: now })
    const count = (list: readonly RolloutInstance[]) =>
      list.filter((one) => one.type === type.type && isLive(one)).length
    if (count(after) > Math.max(count(before), type.quantity + type.surge))
      broken.push({ rule: `too many ${type.type}`, at: now })
  }
  const { candidate, current } = desired
  if (candidate !== null && current !== null) {
    const shown = desired.formation.every(
      (type) =>
        type.quantity === 0 ||
        !candidate.types.includes(type.type) ||
        ready(before, type, now).some(({ release }) => release === candidate.version),
    )
    const count = (list: readonly RolloutInstance[], type: string) =>
      list.filter(
        (one) => one.type === type && one.release !== candidate.version && one.state.status === 'ready',
      ).length
    for (const type of desired.formation)
      if (!shown && count(after, type.type) < Math.min(type.quantity, count(before, type.type)))
        broken.push({ rule: `an old ${type.type} left before the new release had booted`, at: now })
  }
  return broken
}

function checkComplete(desired: Desired, instances: readonly RolloutInstance[], now: number): Broken[] {
  return desired.formation.flatMap((type) => {
    const fresh = ready(instances, type, now).filter(({ release }) => release === desired.candidate?.version)
    const wanted = desired.candidate?.types.includes(type.type) === true ? type.quantity : 0
    return fresh.length < wanted ? [{ rule: `live without enough ${type.type}`, at: now }] : []
  })
}
