import { useEffect, useState } from 'react'
import type { StageLine } from '../../log/stages.ts'
import { useLive } from '../../live/live-context.tsx'

export interface BuildLog {
  readonly lines: readonly StageLine[]
  /** Nothing more comes. */
  readonly ended: boolean
  readonly failure: string | null
}

const EMPTY: BuildLog = { lines: [], ended: false, failure: null }

/** A build's log from its first line, and on as it comes; a cut connection is taken up after the last line. */
export function useBuildLog(app: string, build: string): BuildLog {
  const live = useLive()
  const [log, setLog] = useState(EMPTY)
  useEffect(() => {
    if (live === null) return
    setLog(EMPTY)
    const follower = {
      source: { kind: 'build-log', app, build } as const,
      after: 0 as number | null,
      lines: 0,
      onLines(lines: readonly StageLine[]) {
        const last = follower.after ?? 0
        const fresh = lines.filter(({ seq }) => seq > last)
        follower.after = fresh.at(-1)?.seq ?? last
        setLog((before) => ({ ...before, lines: [...before.lines, ...fresh] }))
      },
      onEnd: (failure: string | null) => setLog((before) => ({ ...before, ended: true, failure })),
    }
    return live.follow(follower)
  }, [live, app, build])
  return log
}
