import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Bucket, isFull, take } from './rate.ts'

const rate = { burst: 3, perSecond: 0.5 }

describe('a rate', () => {
  it('lets a burst through, then what comes back', () => {
    let bucket: Bucket | undefined
    const at = (now: number) => {
      const taken = take(bucket, rate, now)
      bucket = taken.bucket
      return taken.allowed
    }
    expect([at(0), at(0), at(0), at(0), at(1000), at(2000), at(2000)]).toEqual([
      true,
      true,
      true,
      false,
      false,
      true,
      false,
    ])
  })
  it('says how long to wait', () => {
    expect(take({ level: 0, at: 0 }, rate, 0)).toMatchObject({ allowed: false, retryAfter: 2 })
  })
  it('never lets more through than its burst and what came back since', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5000), { maxLength: 100 }), (gaps) => {
        let bucket: Bucket | undefined
        let now = 0
        let allowed = 0
        for (const gap of gaps) {
          now += gap
          const taken = take(bucket, rate, now)
          bucket = taken.bucket
          if (taken.allowed) allowed += 1
        }
        expect(allowed).toBeLessThanOrEqual(rate.burst + (now / 1000) * rate.perSecond + 1e-6)
      }),
    )
  })
  it('forgets only what says nothing', () => {
    expect(isFull({ level: 2.9, at: 0 }, rate, 0)).toBe(false)
    expect(isFull({ level: 2, at: 0 }, rate, 2000)).toBe(true)
  })
})
