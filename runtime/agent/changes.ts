/** A counter of changes that can be waited for. It begins at the clock, so that no two agents count alike. */
export interface Changes {
  readonly version: number
  tell(): void
  /** Resolves with the next change, or after `limit` ms. */
  next(limit: number): Promise<void>
}

export function countChanges(): Changes {
  let version = Date.now()
  const waiting = new Set<() => void>()
  return {
    get version() {
      return version
    },
    tell() {
      version++
      for (const wake of Array.from(waiting)) wake()
    },
    next(limit) {
      return new Promise((resolve) => {
        const done = () => {
          waiting.delete(done)
          clearTimeout(late)
          resolve()
        }
        const late = setTimeout(done, limit)
        waiting.add(done)
      })
    },
  }
}
