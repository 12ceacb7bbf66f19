import type { RegisteredInstance } from '../../server/contract/directory.ts'

/**
 * Which registry is read. Agents always feed the directory itself (`fed`), and Consul where it runs; both say the same
 * but for the moment in which a change travels. Consul is adopted once it says exactly what was fed, and left as soon
 * as it is away or has lost an instance that it had, so that no state of Consul can cost a request.
 */
export interface Choice {
  readonly active: 'embedded' | 'consul'
  readonly fed: readonly RegisteredInstance[]
  /** null: Consul has not answered, or is away. */
  readonly consul: readonly RegisteredInstance[] | null
  /** Ids that were fed and then withdrawn; Consul's copy of them does not count any more. */
  readonly withdrawn: ReadonlySet<string>
  /** Since when (ms) the two differ; null while they agree. */
  readonly differSince: number | null
  /** Since when (ms) the active one is read. */
  readonly since: number
}

export type ChoiceEvent =
  | { readonly kind: 'fed'; readonly instances: readonly RegisteredInstance[] }
  | { readonly kind: 'consul'; readonly instances: readonly RegisteredInstance[] }
  | { readonly kind: 'consul-away' }
  | { readonly kind: 'tick' }

/** A change takes a few ms from one registry to the other; what differs for longer is wrong. */
export const MAX_DIFFERENCE_MS = 2000

/** An answer of Consul that was under way when the instance left may still hold it; later ones do not. */
const MAX_WITHDRAWN = 1000

export function startChoice(fed: readonly RegisteredInstance[], now: number): Choice {
  return { active: 'embedded', fed, consul: null, withdrawn: new Set(), differSince: null, since: now }
}

export function decideChoice(choice: Choice, event: ChoiceEvent, now: number): Choice {
  const told = absorb(choice, event)
  const agree = told.consul !== null && sameSet(told.fed, effective(told, told.consul))
  const differSince = agree ? null : (choice.differSince ?? now)
  const active = decideActive(choice, told, agree, differSince, now)
  return { ...told, active, differSince, since: active === choice.active ? choice.since : now }
}

function absorb(choice: Choice, event: ChoiceEvent): Choice {
  switch (event.kind) {
    case 'tick':
      return choice
    case 'consul-away':
      // Coming back it has to equal what is fed, so nothing need be remembered meanwhile.
      return { ...choice, consul: null, withdrawn: new Set() }
    case 'consul':
      return { ...choice, consul: event.instances }
    case 'fed': {
      const now = idsOf(event.instances)
      const gone = choice.consul === null ? [] : choice.fed.map(({ id }) => id).filter((id) => !now.has(id))
      const withdrawn = [...choice.withdrawn, ...gone].filter((id) => !now.has(id))
      return { ...choice, fed: event.instances, withdrawn: new Set(withdrawn.slice(-MAX_WITHDRAWN)) }
    }
  }
}

function decideActive(
  before: Choice,
  told: Choice,
  agree: boolean,
  differSince: number | null,
  now: number,
): Choice['active'] {
  if (told.consul === null) return 'embedded'
  if (before.active === 'embedded') return agree ? 'consul' : 'embedded'
  const present = idsOf(told.consul)
  const had = idsOf(before.consul ?? [])
  const lost = told.fed.some(({ id }) => had.has(id) && !present.has(id))
  if (lost) return 'embedded'
  return differSince !== null && now - differSince > MAX_DIFFERENCE_MS ? 'embedded' : 'consul'
}

/** The instances that are served. */
export function served(choice: Choice): readonly RegisteredInstance[] {
  return choice.active === 'consul' && choice.consul !== null ? effective(choice, choice.consul) : choice.fed
}

function effective(choice: Choice, consul: readonly RegisteredInstance[]): readonly RegisteredInstance[] {
  return choice.withdrawn.size === 0 ? consul : consul.filter(({ id }) => !choice.withdrawn.has(id))
}

const idsOf = (instances: readonly RegisteredInstance[]): Set<string> =>
  new Set(instances.map(({ id }) => id))

/** Equal but for their order. */
export function sameSet(a: readonly RegisteredInstance[], b: readonly RegisteredInstance[]): boolean {
  if (a.length !== b.length) return false
  const line = ({ id, app, name, release, address, port }: RegisteredInstance) =>
    [id, app, name, release, address, port].join(' ')
  const lines = new Set(a.map(line))
  return b.every((instance) => lines.has(line(instance)))
}
