import { setTimeout as sleep } from 'node:timers/promises'

/** Lines are gathered for that long before they are sent. */
const GATHER_MS = 50
/** What one message holds at most; twice of it waits for a slow reader, then the source is read no further. */
const MOST_LINES = 2000
const MOST_BYTES = 512 * 1024

interface Line {
  readonly text: string
}

/**
 * Sends what a source yields in parts: in order, nothing twice, nothing left out. The next part goes when `send` of the
 * one before has resolved, so a slow reader is sent larger parts less often, and costs no memory beyond two of them.
 * Resolves when all was sent or `signal` aborted. @throws what the source or `send` throws, after what was read before.
 */
export async function pump<L extends Line>(
  source: AsyncIterable<L>,
  send: (lines: L[]) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const queue: L[] = []
  let bytes = 0
  let reading = true
  let failure: { readonly error: unknown } | null = null
  let wake: () => void = () => undefined
  let next = new Promise<void>((resolve) => (wake = resolve))
  const stir = () => {
    wake()
    next = new Promise<void>((resolve) => (wake = resolve))
  }
  const isFull = () => queue.length >= MOST_LINES || bytes >= MOST_BYTES
  signal.addEventListener('abort', stir, { once: true })

  const read = async () => {
    for await (const line of source) {
      queue.push(line)
      bytes += line.text.length + 100
      stir()
      while (isFull() && !signal.aborted) await next
      if (signal.aborted) return
    }
  }
  const read_ = read()
    .catch((error: unknown) => (failure = { error }))
    .finally(() => {
      reading = false
      stir()
    })

  try {
    while (!signal.aborted && (reading || queue.length > 0)) {
      if (queue.length === 0) {
        await next
        continue
      }
      if (reading && !isFull()) await sleep(GATHER_MS)
      const part = takePart(queue)
      bytes = queue.reduce((sum, line) => sum + line.text.length + 100, 0)
      stir()
      await send(part)
    }
  } finally {
    signal.removeEventListener('abort', stir)
  }
  if (signal.aborted) return
  await read_
  const failed = failure as { readonly error: unknown } | null
  if (failed !== null) throw failed.error
}

function takePart<L extends Line>(queue: L[]): L[] {
  let bytes = 0
  let count = 0
  while (count < queue.length && count < MOST_LINES && (count === 0 || bytes < MOST_BYTES)) {
    bytes += (queue[count]?.text.length ?? 0) + 100
    count += 1
  }
  return queue.splice(0, count)
}
