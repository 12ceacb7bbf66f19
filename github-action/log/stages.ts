import { command, resume, stop } from '../runner/commands.ts'

const HEAD = /^-----> (.+)$/
const BANG = /^ !\s{5}(.*)$/
const REJECTED = 'Push rejected: '
// CSI sequences: colours and cursor moves.
const ANSI = new RegExp(String.raw`${String.fromCharCode(27)}\[[0-9;?]*[ -/]*[@-~]`, 'g')

export const withoutColour = (text: string): string => text.replace(ANSI, '')

/**
 * A build's log as a runner shows it: each stage a group that can be opened, the rejection outside of any. Whatever a
 * build prints stands where the runner takes no commands.
 */
/** What stands above lines of the app's own. */
const TITLES = new Set(['Its last lines:', 'These were asked:'])

export class StageLog {
  /** All lines so far, without colours. */
  readonly printed: string[] = []
  readonly #token: string
  #open: 'nothing' | 'plain' | 'group' = 'nothing'

  /** `token`: unknown to the build, see `stop`. */
  constructor(token: string) {
    this.#token = token
  }

  /** What to print for one more line. */
  push(line: string): string[] {
    const plain = withoutColour(line)
    this.printed.push(plain)
    const [, stage] = HEAD.exec(plain) ?? []
    if (stage !== undefined) {
      const before = this.end()
      this.#open = 'group'
      return [...before, command('group', stage), stop(this.#token)]
    }
    const ends = this.#open === 'group' && (BANG.exec(plain)?.[1] ?? '').startsWith(REJECTED)
    if (this.#open !== 'nothing' && !ends) return [line]
    if (this.#open === 'nothing' && plain === '') return []
    const before = this.end()
    this.#open = 'plain'
    return [...before, stop(this.#token), line]
  }

  /** Closes what is open; commands count again. */
  end(): string[] {
    const was = this.#open
    this.#open = 'nothing'
    if (was === 'nothing') return []
    return was === 'group' ? [resume(this.#token), command('endgroup', '')] : [resume(this.#token)]
  }

  /** How many of the lines stand in the build's log; the hook's own do not. */
  get ofBuild(): number {
    return this.printed.filter((line) => !line.startsWith('SkyPanel: ')).length
  }

  /** Why the platform rejected the push and what it advises; empty when it did not. */
  get rejection(): readonly string[] {
    return this.printed
      .slice(this.#rejected)
      .flatMap((line) => BANG.exec(line)?.[1] ?? [])
      .filter((line) => line !== '' && !TITLES.has(line))
  }

  /** What was printed until then. */
  get untilRejection(): readonly string[] {
    return this.printed.slice(0, this.#rejected)
  }

  get #rejected(): number {
    const at = this.printed.findIndex((line) => (BANG.exec(line)?.[1] ?? '').startsWith(REJECTED))
    return at === -1 ? this.printed.length : at
  }
}
