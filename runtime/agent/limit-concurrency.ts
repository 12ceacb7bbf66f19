/** Runs at most `count` jobs at a time, in the order in which they came. */
export function limitConcurrency(count: number): <T>(job: () => Promise<T>) => Promise<T> {
  let running = 0
  const waiting: (() => void)[] = []
  return async (job) => {
    if (running >= count) await new Promise<void>((resolve) => waiting.push(resolve))
    else running++
    try {
      return await job()
    } finally {
      // The place goes to the next one, or becomes free.
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }
}
