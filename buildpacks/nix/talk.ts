import type { BuildProgress } from '../engine.ts'

const LABELS: Readonly<Record<string, string>> = {
  install: 'Installing dependencies',
  'install-production': 'Installing production dependencies',
  build: 'Building',
  'static-config': 'Preparing the static site',
  'node-install': 'Installing dependencies of the assets',
  'node-build': 'Building the assets',
  'flake-inputs': 'Fetching the inputs of flake.nix',
  flake: 'Evaluating flake.nix',
  'php-server': 'Preparing the server',
  test: 'Running the tests',
}

export const heading = (text: string) => `-----> ${text}`
export const indented = (text: string) => (text === '' ? '' : `       ${text}`)
export const warning = (text: string) => ` !     ${text}`

export const labelOf = (step: string) => LABELS[step] ?? `Running ${step}`
export const reusedLine = (step: string, ms: number) =>
  indented(`${step.startsWith('install') ? 'Dependencies unchanged' : 'Nothing changed'}: reused (${ms} ms)`)

/** The first line of a command, short enough for a line of a terminal. */
export function commandLine(command: string): string {
  const [first = ''] = command.trim().split('\n')
  return indented(`$ ${first.length > 100 ? `${first.slice(0, 99)}…` : first}`)
}

/**
 * Steps run side by side, and are told one after the other: what a step says is held back until all before it have
 * ended.
 */
export class Turns {
  readonly #tell: (event: BuildProgress) => void
  readonly #waiting: { readonly events: BuildProgress[]; ended: boolean }[]

  constructor(steps: number, tell: (event: BuildProgress) => void) {
    this.#tell = tell
    this.#waiting = Array.from({ length: steps }, () => ({ events: [], ended: false }))
  }

  say(step: number, event: BuildProgress): void {
    this.#waiting[step]?.events.push(event)
    this.#flush()
  }

  end(step: number): void {
    const turn = this.#waiting[step]
    if (turn !== undefined) turn.ended = true
    this.#flush()
  }

  #flush(): void {
    for (const turn of this.#waiting) {
      for (const event of turn.events.splice(0)) this.#tell(event)
      if (!turn.ended) return
    }
  }
}
