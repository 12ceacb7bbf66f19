import { limitsOf } from './sizes.ts'

/** So many instances of one size. */
export interface Promised {
  readonly size: string
  readonly count: number
}

export interface Allocated {
  readonly memoryMb: number
  readonly cpuMilli: number
  readonly instances: number
}

export function allocated(promised: readonly Promised[]): Allocated {
  const sum = (of: (size: string) => number) =>
    promised.reduce((total, { size, count }) => total + count * of(size), 0)
  return {
    memoryMb: sum((size) => limitsOf(size).memoryMb),
    cpuMilli: sum((size) => limitsOf(size).cpuMilli),
    instances: sum(() => 1),
  }
}

export interface Room {
  readonly node: string
  readonly cordoned: boolean
  /** MB; null: the node was never reached, so nobody knows. */
  readonly memoryMb: number | null
  /** How many times the memory may be promised. */
  readonly overcommit: number
}

const figure = (mb: number) => `${Math.floor(mb).toLocaleString('en-US')} MB`

/**
 * Why a wish is not granted, with the figures; null: it is. Whoever asks for no more than before is never refused.
 * Only memory is counted: processor time is shared by weight, and nobody dies of having less of it.
 */
export function whyNoRoom(room: Room, before: Allocated, after: Allocated): string | null {
  const { node, memoryMb: total, overcommit } = room
  if (after.memoryMb <= before.memoryMb) return null
  if (room.cordoned)
    return `The node ${node} is cordoned: nothing new is placed on it. An administrator ends that with: skypanel nodes:uncordon ${node}`
  if (total === null || after.memoryMb <= total * overcommit) return null
  const most =
    overcommit === 1 ? '' : ` and may promise ${overcommit} times that, ${figure(total * overcommit)}`
  return (
    `There is no room for this: it needs ${figure(after.memoryMb - before.memoryMb)} more, and ${figure(before.memoryMb)} ` +
    `are promised already. The node ${node} has ${figure(total)} of memory${most}. Scale something down, take a smaller ` +
    'size, or let more be promised (SKYPANEL_OVERCOMMIT_MEMORY).'
  )
}
