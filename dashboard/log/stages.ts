export interface StageLine {
  readonly seq: number
  readonly text: string
  /** When it was printed; not there for what was printed before times were kept. */
  readonly time?: string | null | undefined
}

export interface Stage {
  /** What follows the arrow; '' for lines in front of the first heading. */
  readonly title: string
  readonly lines: readonly StageLine[]
  readonly first: number
  /** When its heading, and its last line, were printed. */
  readonly time: string | null
  readonly until: string | null
  readonly state: 'done' | 'running' | 'failed'
}

export type BuildState = 'pending' | 'running' | 'succeeded' | 'failed' | 'canceled'

const HEADING = /^-----> ?(.*)$/
const BANG = /^ !(?: |$)/

/**
 * A build's log by its `----->` headings. The last stage runs as long as the build does, and failed with it. Lines in
 * front of the first heading are a stage of their own. Pure.
 */
export function splitStages(lines: readonly StageLine[], state: BuildState): readonly Stage[] {
  const stages: {
    title: string
    lines: StageLine[]
    first: number
    time: string | null
    until: string | null
  }[] = []
  for (const line of lines) {
    const time = line.time ?? null
    const [, title] = HEADING.exec(line.text) ?? []
    const last = stages.at(-1)
    if (title !== undefined)
      stages.push({ title: title.trim(), lines: [], first: line.seq, time, until: time })
    else if (last !== undefined) {
      last.lines.push(line)
      last.until = time ?? last.until
    } else if (line.text.trim() !== '')
      stages.push({ title: '', lines: [line], first: line.seq, time, until: time })
  }
  for (const stage of stages) while (stage.lines.at(-1)?.text.trim() === '') stage.lines.pop()
  const going = state === 'pending' || state === 'running'
  return stages.map((stage, index) => {
    const last = index === stages.length - 1
    if (!last) return { ...stage, state: 'done' }
    return { ...stage, state: going ? 'running' : state === 'succeeded' ? 'done' : 'failed' }
  })
}

export const isBang = (text: string): boolean => BANG.test(text)

/** Without the seven columns that set a stage's lines apart from its heading. */
export const unindent = (text: string): string => (text.startsWith('       ') ? text.slice(7) : text)
