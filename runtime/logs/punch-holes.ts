import { tryRun } from '../exec.ts'

/** Punched in steps of this: each costs a process. */
export const HOLE_STEP = 4 * 1024 * 1024
const BLOCK = 4096

/** The part of a file that is stored and not yet punched, in whole blocks; null: not worth it yet. */
export function nextHole(
  punched: number,
  stored: number,
): { readonly offset: number; readonly length: number } | null {
  const end = Math.floor(stored / BLOCK) * BLOCK
  return end - punched < HOLE_STEP ? null : { offset: punched, length: end - punched }
}

/**
 * Gives the disk back what was read of an instance's file, while the instance goes on writing at its end: the file
 * seems to grow and does not. (Cutting it and starting over could lose lines that are written at that moment.)
 */
export class HolePuncher {
  readonly #punched = new Map<string, number>()
  readonly #stored = new Map<string, number>()
  readonly #busy = new Set<string>()
  readonly #complain: (message: string) => void
  #complained = false

  constructor(complain: (message: string) => void) {
    this.#complain = complain
  }

  /** Says how far a file is stored; what that makes free is punched, one piece at a time. */
  async punch(path: string, stored: number): Promise<void> {
    this.#stored.set(path, stored)
    if (this.#busy.has(path)) return
    this.#busy.add(path)
    for (;;) {
      const hole = nextHole(this.#punched.get(path) ?? 0, this.#stored.get(path) ?? 0)
      if (hole === null) break
      const { offset, length } = hole
      const range = ['--offset', `${offset}`, '--length', `${length}`]
      const argv = ['fallocate', '--punch-hole', '--keep-size', ...range, path]
      const { code, stderr } = await tryRun(argv).catch((error: unknown) => ({
        code: null,
        stderr: String(error),
      }))
      this.#punched.set(path, offset + length)
      if (code !== 0 && !this.#complained) {
        this.#complained = true
        this.#complain(`${path} keeps its size until its instance ends: ${stderr.trim()}`)
      }
    }
    this.#busy.delete(path)
  }

  forget(path: string): void {
    this.#punched.delete(path)
    this.#stored.delete(path)
  }
}
