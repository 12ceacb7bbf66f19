/**
 * Runs one thing per key at a time; who asks meanwhile gets the same result. If the one that runs was given up by its
 * own caller, those who wait start it again for themselves.
 */
export class SingleFlight<T> {
  readonly #running = new Map<string, Promise<T>>()

  /** `started` is called when this caller is the one whose `work` runs. */
  async run(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    for (;;) {
      signal.throwIfAborted()
      const running = this.#running.get(key)
      if (running === undefined) break
      try {
        return await untilAborted(running, signal)
      } catch (error) {
        if (!(error instanceof GivenUp)) throw error
      }
    }
    const mine = work().finally(() => this.#running.delete(key))
    this.#running.set(key, mine)
    return mine
  }
}

/** Thrown by work whose own caller canceled it: says nothing about the work. */
export class GivenUp extends Error {}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = () => reject(new GivenUp('canceled while waiting for the same stage of another build'))
    signal.addEventListener('abort', aborted, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted))
  })
}

/** Many may share it, one may have it alone; who wants it alone waits, and those who come later wait for him. */
export class Gate {
  #last: Promise<void> = Promise.resolve()
  #shared = new Set<Promise<void>>()

  async share<T>(work: () => Promise<T>): Promise<T> {
    await this.#last
    const running = work()
    const settled = running.then(
      () => undefined,
      () => undefined,
    )
    this.#shared.add(settled)
    void settled.then(() => this.#shared.delete(settled))
    return running
  }

  async alone<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#last
    let release: () => void = () => undefined
    this.#last = new Promise((resolve) => (release = resolve))
    await before
    await Promise.all(this.#shared)
    try {
      return await work()
    } finally {
      release()
    }
  }
}
