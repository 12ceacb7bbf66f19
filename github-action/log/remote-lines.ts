const ESCAPE = String.fromCharCode(27)
const PLATFORM = new RegExp(String.raw`^remote: ?(.*?)(?:\s|${ESCAPE}\[K)*$`)

/**
 * git's stderr during a push, told apart: what the platform says (git puts `remote: ` in front of each line of it, so
 * that a build cannot pass for git) and what git says itself.
 */
export class RemoteLines {
  #rest = ''
  readonly #own: string[] = []

  /** Complete lines of the platform in `text`, without git's prefix and padding. */
  push(text: string): string[] {
    const parts = (this.#rest + text).split(/\r\n|\n|\r(?!$)/)
    this.#rest = parts.pop() ?? ''
    return parts.flatMap((line) => this.#sort(line))
  }

  end(): string[] {
    const last = this.#rest.replace(/\r$/, '')
    this.#rest = ''
    return last === '' ? [] : this.#sort(last)
  }

  /** What git said itself. */
  get own(): readonly string[] {
    return this.#own
  }

  #sort(line: string): string[] {
    // Without a terminal git pads with spaces, with one it erases to the end of the line.
    const [, said] = PLATFORM.exec(line) ?? []
    if (said !== undefined) return [said]
    if (line.trim() !== '') this.#own.push(line.trimEnd())
    return []
  }
}
