import { useVirtualizer } from '@tanstack/react-virtual'
import { type CSSProperties, memo, useEffect, useLayoutEffect, useRef } from 'react'
import type { LogLine } from '../../../server/contract/logs.ts'
import { Button } from '../../design/button.tsx'
import { clockTime, exactTime } from '../../design/time-text.ts'
import { LineText } from '../../log/line-text.tsx'
import type { TwoEnded } from '../../log/two-ended.ts'
import { strings } from '../../strings.ts'
import type { AppLog, LogState } from './app-log.ts'

const words = strings.logs
/** As --row in logs.css. */
const ROW = 20
/** Lines are drawn in blocks, so that there is little to keep account of, however many there are. */
const BLOCK = 20
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

/** Draws the lines that are in sight and no others. */
export function LogView({ log, state, wrap, follow, onFollow, needle }: LogViewProps) {
  const { shown } = log.buffer
  const end = shown.start + shown.length
  // A block is named by the positions it holds, so it stays the same when lines come at either end.
  const firstBlock = Math.floor(shown.start / BLOCK)
  const blocks = shown.length === 0 ? 0 : Math.floor((end - 1) / BLOCK) - firstBlock + 1
  const rangeOf = (index: number) => {
    const from = (firstBlock + index) * BLOCK
    return { from: Math.max(from, shown.start), to: Math.min(from + BLOCK, end) }
  }
  const box = useRef<HTMLDivElement>(null)
  const list = useVirtualizer({
    count: blocks,
    getScrollElement: () => box.current,
    estimateSize: (index) => {
      const { from, to } = rangeOf(index)
      return (to - from) * ROW
    },
    getItemKey: (index) => firstBlock + index,
    overscan: 1,
  })
  const height = list.getTotalSize()

  // Lines that come in front push the others down; what is being read stays where it is.
  const before = useRef({ shown, start: shown.start, height })
  useLayoutEffect(() => {
    const { shown: same, start, height: was } = before.current
    before.current = { shown, start: shown.start, height }
    if (same === shown && start !== shown.start && !follow && box.current !== null)
      box.current.scrollTop += height - was
  }, [shown, shown.start, height, follow])

  useLayoutEffect(() => {
    if (follow && box.current !== null) box.current.scrollTop = box.current.scrollHeight
    // oxlint-disable-next-line exhaustive-deps -- each new state may have brought lines
  }, [follow, state.version, wrap, height])

  useEffect(() => {
    list.measure()
    // oxlint-disable-next-line exhaustive-deps -- other widths of lines are other heights of blocks
  }, [list, wrap, shown])

  const onScroll = () => {
    const at = box.current
    if (at === null) return
    const atEnd = at.scrollHeight - at.scrollTop - at.clientHeight < NEAR_END
    if (follow && !atEnd) onFollow(false)
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
          style={{ height, '--processes': `${longest(log.buffer.processes)}ch` } as CSSProperties}
        >
          {list.getVirtualItems().map(({ key, index, start }) => (
            <div
              key={key}
              ref={wrap ? list.measureElement : undefined}
              data-index={index}
              className="log-block"
              style={{ transform: `translateY(${start}px)` }}
            >
              <Block shown={shown} {...rangeOf(index)} />
            </div>
          ))}
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

interface BlockProps {
  readonly shown: TwoEnded<LogLine>
  readonly from: number
  readonly to: number
}

/** Lines never change, so a block is drawn again only when it got more of them. */
const Block = memo(function Block({ shown, from, to }: BlockProps) {
  const rows = []
  for (let position = from; position < to; position += 1) {
    const line = shown.at(position)
    if (line !== undefined) rows.push(<Line key={line.seq} line={line} />)
  }
  return rows
})

const Line = memo(function Line({ line }: { readonly line: LogLine }) {
  return (
    <div className="log-row">
      <time className="log-time" dateTime={line.time} title={exactTime(line.time)}>
        {clockTime(line.time)}
      </time>
      <span className={line.source === 'app' ? 'log-process' : 'log-process log-platform'}>
        {line.process}
      </span>
      <span className={line.stream === 'stderr' ? 'log-text log-stderr' : 'log-text'}>
        <LineText text={line.text} />
      </span>
    </div>
  )
})

const longest = (names: readonly string[]): number =>
  Math.min(20, Math.max(4, ...names.map(({ length }) => length)))
