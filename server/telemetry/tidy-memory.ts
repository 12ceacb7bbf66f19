/** ms between two looks. */
const LOOK = 15_000
/** ms of CPU in that time below which nothing goes on that a pause could be felt by. */
const IDLE = 300
/** ms of CPU of work that leaves enough behind to be worth a collection. */
const WORTH = 500

/** ms of CPU: spent since the look before, and since the last collection. */
interface Spent {
  readonly lately: number
  readonly altogether: number
}

/** Whether to collect now: something was done, and it is over. Pure. */
export function isWorthTidying({ lately, altogether }: Spent): boolean {
  return lately < IDLE && altogether >= WORTH
}

/**
 * A heap that has grown stays as large for as long as nothing asks for memory, so a server that is idle after a busy
 * hour would hold what that hour needed. Collects once it has calmed down. `collect` is null where Node does not offer
 * it (`--expose-gc`): then nothing is done.
 */
export function tidyMemory(collect: (() => unknown) | null): Disposable {
  if (collect === null) return { [Symbol.dispose]: () => undefined }
  let before = process.cpuUsage()
  let altogether = 0
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage(before)
    const lately = (user + system) / 1000
    altogether += lately
    if (isWorthTidying({ lately, altogether })) {
      collect()
      altogether = 0
    }
    before = process.cpuUsage()
  }, LOOK).unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
