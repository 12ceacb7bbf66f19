import { useVirtualizer } from '@tanstack/react-virtual'
import { type CSSProperties, useEffect, useLayoutEffect, useRef } from 'react'
import type { LogLine } from '../../../server/contract/logs.ts'
import { Button } from '../../design/button.tsx'
import { clockTime, exactTime } from '../../design/time-text.ts'
import { LineText } from '../../log/line-text.tsx'
import { strings } from '../../strings.ts'
import type { AppLog, LogState } from './app-log.ts'

const words = strings.logs
/** As --row in logs.css. */
const ROW = 20
/** This near to the first line, the next part is loaded. */
const NEAR_TOP = 60 * ROW
const NEAR_END = 2 * ROW

interface LogViewProps {
  readonly log: AppLog
  readonly state: LogState
  readonly wrap: boolean
  readonly follow: boolean
  readonly onFollow: (follow: boolean) => void
  readonly needle: string
}

/** Draws the lines that are in sight and no others, however many there are. */
export function LogView({ log, state, wrap, follow, onFollow, needle }: LogViewProps) {
  const { shown, shift } = log.buffer
  const box = useRef<HTMLDivElement>(null)
  const list = useVirtualizer({
    count: shown.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW,
    getItemKey: (index) => shown[index]?.seq ?? index,
    overscan: 12,
  })

  // Lines that come in front push the others down; what is being read stays where it is.
  const shifted = useRef(shift)
  useLayoutEffect(() => {
    const by = shift - shifted.current
    shifted.current = shift
    if (by !== 0 && box.current !== null && !follow) box.current.scrollTop += by * ROW
  }, [shift, follow])

  useLayoutEffect(() => {
    if (follow && box.current !== null) box.current.scrollTop = box.current.scrollHeight
    // oxlint-disable-next-line exhaustive-deps -- each new state may have brought lines
  }, [follow, state.version, wrap])

  useEffect(() => {
    list.measure()
  }, [list, wrap])

  const onScroll = () => {
    const at = box.current
    if (at === null) return
    const atEnd = at.scrollHeight - at.scrollTop - at.clientHeight < NEAR_END
    if (atEnd !== follow && !atEnd) onFollow(false)
    if (at.scrollTop < NEAR_TOP) void log.loadOlder()
  }

  return (
    <div className="log-frame">
      {/* It scrolls, so whoever has no mouse has to be able to get in. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div
        ref={box}
        className={wrap ? 'log log-wrap' : 'log'}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={words.region}
        onScroll={onScroll}
        onWheel={({ deltaY }) => deltaY < 0 && onFollow(false)}
      >
        <div
          className="log-lines"
          style={
            {
              height: list.getTotalSize(),
              '--processes': `${longest(log.buffer.processes)}ch`,
            } as CSSProperties
          }
        >
          {list.getVirtualItems().map((item) => {
            const line = shown[item.index]
            return (
              line !== undefined && (
                <div
                  key={item.key}
                  ref={wrap ? list.measureElement : undefined}
                  data-index={item.index}
                  className="log-row"
                  style={{ transform: `translateY(${item.start}px)` }}
                >
                  <Line line={line} />
                </div>
              )
            )
          })}
        </div>
      </div>
      {shown.length === 0 && (
        <p className="log-none soft" role="status">
          {state.loading || log.buffer.isFiltering ? words.searching : words.noMatch}
        </p>
      )}
      {needle.trim() !== '' && shown.length > 0 && state.loading && (
        <p className="log-note faint">{words.searching}</p>
      )}
      {!follow && (
        <div className="log-to-end">
          <Button icon="down" onClick={() => onFollow(true)} small>
            {words.toEnd}
          </Button>
        </div>
      )}
    </div>
  )
}

const Line = ({ line }: { readonly line: LogLine }) => (
  <>
    <time className="log-time" dateTime={line.time} title={exactTime(line.time)}>
      {clockTime(line.time)}
    </time>
    <span className={line.source === 'app' ? 'log-process' : 'log-process log-platform'}>{line.process}</span>
    <span className={line.stream === 'stderr' ? 'log-text log-stderr' : 'log-text'}>
      <LineText text={line.text} />
    </span>
  </>
)

const longest = (names: readonly string[]): number =>
  Math.min(20, Math.max(4, ...names.map(({ length }) => length)))
