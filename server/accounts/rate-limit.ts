import { type Bucket, isFull, type Rate, take, type Taken } from '../domain/rate.ts'

/** Buckets by key in memory, of this process alone: a restart fills them, which is no gift worth having. */
export interface RateLimit {
  take(key: string): Taken
}

/** More keys than this are swept; what is full says nothing. */
const SWEEP_AT = 10_000

export function createRateLimit(rate: Rate, now: () => number = () => performance.now()): RateLimit {
  const buckets = new Map<string, Bucket>()
  return {
    take(key) {
      if (buckets.size >= SWEEP_AT) sweep(buckets, rate, now())
      const taken = take(buckets.get(key), rate, now())
      // Put at the end: the first keys are those that were not used for longest.
      buckets.delete(key)
      buckets.set(key, taken.bucket)
      return taken
    },
  }
}

function sweep(buckets: Map<string, Bucket>, rate: Rate, now: number) {
  for (const [key, bucket] of buckets) if (isFull(bucket, rate, now)) buckets.delete(key)
  // A flood of keys must not fill the memory; the oldest of them go.
  for (const key of buckets.keys()) {
    if (buckets.size < SWEEP_AT / 2) return
    buckets.delete(key)
  }
}
