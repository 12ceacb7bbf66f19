import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** `<home>/consul/build.json`, shown by `skypanel status`. */
export interface Progress {
  readonly state: 'looking' | 'compiling' | 'ready' | 'failed'
  readonly percent?: number
  readonly message: string
}

export async function replaceJson(path: string, document: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(`${path}.part`, `${JSON.stringify(document)}\n`, { mode: 0o644 })
  await rename(`${path}.part`, path)
}

/** Tells progress at most once a second, and the last of it for sure. */
export function progressTeller(tell: (progress: Progress) => Promise<void>): {
  (progress: Progress): void
  done(): Promise<void>
} {
  let writing = Promise.resolve()
  let last = 0
  let waiting: Progress | null = null
  const flush = () => {
    const progress = waiting
    if (progress === null) return
    waiting = null
    last = performance.now()
    // A status that cannot be written must not end the work that it tells of.
    writing = writing.then(() => tell(progress)).catch(() => undefined)
  }
  const teller = (progress: Progress) => {
    const first = waiting === null
    waiting = progress
    if (progress.state !== 'compiling' || performance.now() - last > 1000) flush()
    else if (first) setTimeout(flush, 1000).unref()
  }
  return Object.assign(teller, {
    done: async () => {
      flush()
      await writing
    },
  })
}
