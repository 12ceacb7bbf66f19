/** A bucket that fills steadily; each take costs one. */
export interface Bucket {
  readonly level: number
  /** ms of a steady clock. */
  readonly at: number
}

export interface Rate {
  /** What a full bucket holds: so many at once. */
  readonly burst: number
  /** How many come back each second. */
  readonly perSecond: number
}

export interface Taken {
  readonly allowed: boolean
  readonly bucket: Bucket
  /** Whole takes that are left. */
  readonly remaining: number
  /** Seconds until one is there again; 0 when there is. */
  readonly retryAfter: number
}

/** Takes one. A refused take costs nothing. `bucket` undefined: a full one. */
export function take(bucket: Bucket | undefined, rate: Rate, now: number): Taken {
  const elapsed = bucket === undefined ? 0 : Math.max(0, now - bucket.at)
  const level = Math.min(rate.burst, (bucket?.level ?? rate.burst) + (elapsed / 1000) * rate.perSecond)
  const allowed = level >= 1
  const left = allowed ? level - 1 : level
  return {
    allowed,
    bucket: { level: left, at: now },
    remaining: Math.floor(left),
    retryAfter: left >= 1 ? 0 : Math.ceil((1 - left) / rate.perSecond),
  }
}

/** Whether a bucket is full again, so that forgetting it changes nothing. */
export const isFull = (bucket: Bucket, rate: Rate, now: number): boolean =>
  bucket.level + ((now - bucket.at) / 1000) * rate.perSecond >= rate.burst
