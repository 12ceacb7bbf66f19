import { readFileSync } from 'node:fs'
import { isAbsolute } from 'node:path'

/**
 * Every place between a journal row and its effect, and between an effect and what follows, at which the server can
 * be killed. The crash matrix (test/crash) kills it at each of them and looks at what is left.
 */
export const CRASH_POINTS = [
  'push.taken',
  'turn.entered',
  'turn.done',
  'fetch.entered',
  'fetch.done',
  'export.entered',
  'export.done',
  'plan.entered',
  'plan.done',
  'build.entered',
  'build.done',
  'release.entered',
  'release.done',
  'release-phase.entered',
  'release-phase.done',
  'rollout.entered',
  'rollout.done',
  'ref.entered',
  'ref.done',
  'finish.entered',
  'finish.done',
  'reject.journaled',
  'start.journaled',
  'launch.done',
  'route.journaled',
  'route.done',
  'drain.journaled',
  'drain.done',
  'stop.journaled',
  'stop.done',
  'kill.journaled',
  'kill.done',
  'forget.journaled',
  'forget.done',
  'complete.journaled',
  'abandon.journaled',
  'back-out.journaled',
  'wishes.done',
  'stop-all.entered',
  'stop-all.done',
  'forget-builds.entered',
  'forget-builds.done',
  'forget-node.entered',
  'forget-node.done',
  'forget-repo.entered',
  'forget-repo.done',
  'forget-logs.entered',
  'forget-logs.done',
  'remove.entered',
  'remove.done',
] as const
export type CrashPoint = (typeof CRASH_POINTS)[number]

/** The steps of deployments, each with a point after its journal row and one after its effect. */
export type StepName = CrashPoint extends infer Point
  ? Point extends `${infer Name}.entered`
    ? Name
    : never
  : never

export type Crash = (point: CrashPoint) => void

/**
 * `point`, `point:n` or `point:n:stop`: when the point is passed for the n-th time the process ends by SIGKILL, or is
 * stopped by SIGSTOP so that a test can kill something else just then. The absolute path of a file that says one of
 * these, or is not there: a server that is running already can be told, and its successor not to end at the same
 * point. null: never, as in production.
 */
export function createCrash(spec: string | null, send: (signal: 'SIGKILL' | 'SIGSTOP') => void): Crash {
  if (spec === null) return () => undefined
  const read = isAbsolute(spec) ? () => textOf(spec) : () => spec
  let armed = arm(read())
  return (point) => {
    const text = read()
    if (text !== armed.text) armed = arm(text)
    if (point !== armed.name) return
    armed.left -= 1
    if (armed.left === 0) send(armed.how === 'stop' ? 'SIGSTOP' : 'SIGKILL')
  }
}

function arm(text: string) {
  const [name = '', count = '1', how] = text.split(':')
  if (text !== '' && !CRASH_POINTS.some((point) => point === name))
    throw new Error(`${text} names no crash point`)
  return { text, name, how, left: Number(count) }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return ''
  }
}
