import { describe, expect, it } from 'vitest'
import { allocated, whyNoRoom, type Room } from './capacity.ts'

const room: Room = { node: 'local', cordoned: false, memoryMb: 2048, overcommit: 2 }
const of = (count: number) => allocated([{ size: 'standard-1x', count }])

describe('a node', () => {
  it('has promised the sizes of everything that is to run', () => {
    expect(
      allocated([
        { size: 'standard-1x', count: 2 },
        { size: 'standard-2x', count: 1 },
      ]),
    ).toEqual({ memoryMb: 2048, cpuMilli: 4000, instances: 3 })
  })

  it('takes what fits and refuses the rest with the figures', () => {
    expect(whyNoRoom(room, of(7), of(8))).toBeNull()
    expect(whyNoRoom(room, of(7), of(9))).toBe(
      'There is no room for this: it needs 1,024 MB more, and 3,584 MB are promised already. The node local has 2,048 MB ' +
        'of memory and may promise 2 times that, 4,096 MB. Scale something down, take a smaller size, or let more be ' +
        'promised (SKYPANEL_OVERCOMMIT_MEMORY).',
    )
  })

  it('never refuses who asks for less, however full or cordoned it is', () => {
    expect(whyNoRoom({ ...room, cordoned: true }, of(90), of(80))).toBeNull()
    expect(whyNoRoom(room, of(90), of(90))).toBeNull()
  })

  it('takes nothing new while it is cordoned, and everything while nobody knows how large it is', () => {
    expect(whyNoRoom({ ...room, cordoned: true }, of(0), of(1))).toContain('skypanel nodes:uncordon local')
    expect(whyNoRoom({ ...room, memoryMb: null }, of(0), of(99))).toBeNull()
  })
})
