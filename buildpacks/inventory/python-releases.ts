import type { Note, Tool } from '../plan.ts'

/** When a minor version of Python gets no more fixes: at the end of the fifth October after its own. */
export function pythonEnd(minor: number): number {
  return Date.UTC(2016 + minor, 9, 31)
}

/** Warns of a Python that gets no more security fixes. */
export function pythonNotes(tool: Tool, now: number): Note[] {
  const minor = tool.name === 'python' ? /^3\.(\d+)$/.exec(tool.want)?.[1] : undefined
  if (minor === undefined || pythonEnd(Number(minor)) > now) return []
  const day = new Date(pythonEnd(Number(minor))).toISOString().slice(0, 10)
  const message = `Python 3.${minor} gets no more security fixes since ${day} (asked for by ${tool.from}). Move to a newer one.`
  return [{ level: 'warn', code: 'python.eol', message }]
}
