import { describe, expect, it } from 'vitest'
import { memoryWarnings } from './memory.ts'

const use = (usedMb: number) => [{ id: 'a', usedMb, limitMb: 512 }]

describe('an instance that comes near its memory limit', () => {
  it('is warned with figures, and not again for a while', () => {
    const first = memoryWarnings(use(500), new Map(), 0)
    expect(first.warnings).toEqual([
      {
        id: 'a',
        lines: [
          'Process running mem=500M(97.7%)',
          'Error R14 (Memory quota exceeded): it is ended when it needs more than its size has',
        ],
      },
    ])
    expect(memoryWarnings(use(500), first.warned, 60_000).warnings).toEqual([])
    expect(memoryWarnings(use(500), first.warned, 300_000).warnings).toHaveLength(1)
  })

  it('is forgotten once it is back, and others are never warned', () => {
    const { warned } = memoryWarnings(use(500), new Map(), 0)
    const back = memoryWarnings(use(100), warned, 1)
    expect(back).toEqual({ warnings: [], warned: new Map() })
    expect(memoryWarnings(use(500), back.warned, 2).warnings).toHaveLength(1)
  })
})
