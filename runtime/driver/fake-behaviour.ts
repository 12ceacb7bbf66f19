/**
 * What a fake instance does, read from its command. `fake` and then words; any other command is an app that is ready
 * at once and runs until it is stopped.
 *
 *   exit=3          ends with this status          after=2s      how long it runs before that (default: at once)
 *   signal=SIGABRT  is ended by this signal        oom           is ended for lack of memory
 *   ready=200ms     starts to listen after this    never-ready   never listens
 *   sick=300ms      answers 503 after this         well=800ms    answers well again after this
 *   graceful=300ms  time from SIGTERM to its end   deaf          does not hear SIGTERM
 *   print=text      a line on stdout (`_` is a space)   lines=1000   numbered lines on stdout
 *   print-env=NAME  the value of a variable as JSON     echo         an attached run gives back what it gets
 *   print-window    the terminal's rows and columns, or `none` (commands inside of an instance)
 */
export interface FakeBehaviour {
  readonly readyAfter: number | null
  /** null: runs until it is stopped. */
  readonly ends: {
    readonly after: number
    readonly code: number | null
    readonly signal: string | null
    readonly oom: boolean
  } | null
  readonly graceful: number | null
  /** ms after its start between which it answers that it is not well; null: never. */
  readonly sick: { readonly from: number; readonly until: number } | null
  readonly prints: readonly string[]
  readonly lines: number
  readonly printEnv: readonly string[]
  readonly echo: boolean
  readonly printWindow: boolean
}

/** `200ms`, `2s`, or a plain number of ms. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s)?$/.exec(text)
  if (match === null) throw new Error(`"${text}" is no duration; write e.g. 200ms or 2s`)
  return Number(match[1]) * (match[2] === 's' ? 1000 : 1)
}

export function parseFakeCommand(command: string): FakeBehaviour {
  const [first, ...words] = command.trim().split(/\s+/)
  const said = first === 'fake' ? words : []
  const values = (key: string) =>
    said.filter((word) => word.startsWith(`${key}=`)).map((word) => word.slice(key.length + 1))
  const duration = (key: string): number | null => values(key).map(parseDuration)[0] ?? null
  const has = (word: string) => said.includes(word)
  const code = values('exit').map(Number)[0] ?? (has('crash') ? 1 : null)
  const signal = values('signal')[0] ?? (has('oom') ? 'SIGKILL' : null)
  const ends =
    code === null && signal === null
      ? null
      : { after: duration('after') ?? 0, code: signal === null ? code : null, signal, oom: has('oom') }
  const sick = duration('sick')
  return {
    sick: sick === null ? null : { from: sick, until: duration('well') ?? Number.POSITIVE_INFINITY },
    readyAfter: has('never-ready') ? null : (duration('ready') ?? 0),
    ends,
    graceful: has('deaf') ? null : (duration('graceful') ?? 0),
    prints: values('print').map((text) => text.replaceAll('_', ' ')),
    lines: Number(values('lines')[0] ?? 0),
    printEnv: values('print-env'),
    echo: has('echo'),
    printWindow: has('print-window'),
  }
}

/** What happened to it so far, by the clock of its node (ms). */
export interface FakeLife {
  readonly startedAt: number
  readonly terminatedAt: number | null
  readonly killedAt: number | null
}

export interface FakeEnd {
  readonly at: number
  readonly code: number | null
  readonly signal: string | null
  readonly oom: boolean
}

/** The earliest of the ends that lie ahead; null while nothing will end it. Pure, so it survives any restart. */
export function fakeEnd(behaviour: FakeBehaviour, life: FakeLife): FakeEnd | null {
  const ends: FakeEnd[] = []
  if (behaviour.ends !== null)
    ends.push({
      at: life.startedAt + behaviour.ends.after,
      code: behaviour.ends.code,
      signal: behaviour.ends.signal,
      oom: behaviour.ends.oom,
    })
  if (life.killedAt !== null) ends.push({ at: life.killedAt, code: null, signal: 'SIGKILL', oom: false })
  if (life.terminatedAt !== null && behaviour.graceful !== null)
    ends.push({ at: life.terminatedAt + behaviour.graceful, code: 0, signal: null, oom: false })
  return ends.sort((a, b) => a.at - b.at)[0] ?? null
}
