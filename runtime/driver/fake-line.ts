import type { Attachment, Execution, ExecOrder } from './driver.ts'
import type { FakeBehaviour } from './fake-behaviour.ts'

/** A line to what the fake driver runs; closed once that has ended. `end` is asked to end it. */
export function fakeLine(echo: boolean, ended: () => Promise<unknown>, end: () => void): Attachment {
  const { line, close } = openLine(echo, end, end)
  void ended().then(close)
  return line
}

/**
 * A command that obeys its words as an instance does. Without an end of its own it runs until its input ends, it gets a
 * signal, or the instance is gone; a command that is not meant for the fake driver ends well at once.
 */
export function fakeExecution(
  behaviour: FakeBehaviour,
  env: Readonly<Record<string, string>>,
  pty: ExecOrder['pty'],
  instanceEnded: () => Promise<unknown>,
): Execution {
  let tell: (end: Awaited<Execution['ended']>) => void = () => undefined
  const ended = new Promise<Awaited<Execution['ended']>>((resolve) => (tell = resolve))
  const finish = (code: number | null, signal: string | null) => {
    clearTimeout(timer)
    tell({ code, signal })
    close()
  }
  const { line, say, close } = openLine(
    behaviour.echo,
    () => finish(0, null),
    (signal) => finish(null, signal),
  )
  const { ends } = behaviour
  const timer = setTimeout(() => {
    const window = pty === null ? 'none' : `${pty.rows} ${pty.columns}`
    const lines = [
      ...behaviour.prints,
      ...(behaviour.printWindow ? [window] : []),
      ...behaviour.printEnv.map((name) => JSON.stringify(env[name] ?? null)),
    ]
    for (const text of lines) say(`${text}\n`)
    if (ends !== null) setTimeout(() => finish(ends.code, ends.signal), ends.after)
    else if (!behaviour.echo) finish(0, null)
  }, 0)
  const broken = () => {
    tell(null)
    close()
  }
  void instanceEnded().then(broken)
  return { ...line, ended, close: broken }
}

function openLine(echo: boolean, end: () => void, signal: (name: string) => void) {
  const outputs: ((stream: 'stdout' | 'stderr', data: Buffer) => void)[] = []
  const closes: (() => void)[] = []
  let closed = false
  const close = () => {
    if (closed) return
    closed = true
    for (const listener of closes) listener()
  }
  const give = (data: Buffer) => {
    for (const output of closed ? [] : outputs) output('stdout', data)
  }
  const line: Attachment = {
    write: (data) => {
      if (echo) give(data)
    },
    end,
    resize: () => undefined,
    signal,
    onOutput: (listener) => void outputs.push(listener),
    onClose: (listener) => void (closed ? listener() : closes.push(listener)),
    close,
  }
  return { line, close, say: (text: string) => give(Buffer.from(text)) }
}
