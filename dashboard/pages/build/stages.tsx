import { memo, useEffect, useMemo, useRef, useState } from 'react'
import { Button } from '../../design/button.tsx'
import { CopyButton } from '../../design/copy.tsx'
import { Icon } from '../../design/icon.tsx'
import { duration } from '../../design/time-text.ts'
import { plainText } from '../../log/ansi.ts'
import { LineText } from '../../log/line-text.tsx'
import {
  type BuildState,
  isBang,
  type Stage,
  type StageLine,
  splitStages,
  unindent,
} from '../../log/stages.ts'
import { strings } from '../../strings.ts'

const words = strings.build

interface StagesProps {
  readonly lines: readonly StageLine[]
  readonly state: BuildState
  readonly ended: boolean
}

/** The log by its headings: what is done is folded up, what runs or failed stands open, and clicks decide from then on. */
export function Stages({ lines, state, ended }: StagesProps) {
  const stages = useMemo(() => splitStages(lines, state), [lines, state])
  const [chosen, setChosen] = useState<ReadonlyMap<number, boolean>>(new Map())
  if (stages.length === 0) return <p className="soft">{ended ? words.noLines : words.waiting}</p>
  const isOpen = (stage: Stage) => chosen.get(stage.first) ?? stage.state !== 'done'
  const all = (open: boolean) => setChosen(new Map(stages.map(({ first }) => [first, open])))
  const text = lines.map((line) => plainText(line.text)).join('\n')
  return (
    <section className="section">
      <header className="section-head">
        <h2>{words.log}</h2>
        <div className="row">
          <Button kind="quiet" small onClick={() => all(!stages.every(isOpen))}>
            {stages.every(isOpen) ? words.collapse : words.expand}
          </Button>
          <CopyButton text={text} what={words.log} />
        </div>
      </header>
      <div className="panel">
        {stages.map((stage, at) => (
          <StageView
            key={stage.first}
            stage={stage}
            next={stages[at + 1]?.time ?? null}
            open={isOpen(stage)}
            onToggle={() => setChosen(new Map(chosen).set(stage.first, !isOpen(stage)))}
          />
        ))}
      </div>
    </section>
  )
}

interface StageViewProps {
  readonly stage: Stage
  /** When the following stage began. */
  readonly next: string | null
  readonly open: boolean
  readonly onToggle: () => void
}

function StageView({ stage, next, open, onToggle }: StageViewProps) {
  const body = `stage-${stage.first}`
  const foldable = stage.lines.length > 0
  return (
    <div className="stage">
      <button
        type="button"
        className="stage-head"
        aria-expanded={open && foldable}
        aria-controls={body}
        disabled={!foldable}
        onClick={onToggle}
      >
        <StageMark state={stage.state} />
        <span className="stage-title break">
          {stage.title === '' ? words.beginning : plainText(stage.title)}
        </span>
        <span className="stage-facts faint number">
          {foldable && <span>{words.lines(stage.lines.length)}</span>}
          <Took stage={stage} next={next} />
        </span>
        {foldable && <Icon name="chevron" />}
      </button>
      <div id={body} hidden={!open || !foldable}>
        {open && foldable && <Lines lines={stage.lines} running={stage.state === 'running'} />}
      </div>
    </div>
  )
}

function StageMark({ state }: { readonly state: Stage['state'] }) {
  return (
    <span className={`stage-mark stage-${state}`}>
      {state === 'running' ? (
        <span className="spinner" aria-hidden="true" />
      ) : (
        <Icon name={state === 'done' ? 'check' : 'alert'} />
      )}
      <span className="unseen">{words.stage[state]}</span>
    </span>
  )
}

/** How long a stage took; of the one that runs, how long it has been running. */
function Took({ stage, next }: { readonly stage: Stage; readonly next: string | null }) {
  const [now, setNow] = useState(() => Date.now())
  const running = stage.state === 'running'
  useEffect(() => {
    if (!running) return
    const timer = setInterval(() => setNow(Date.now()), 500)
    return () => clearInterval(timer)
  }, [running])
  if (stage.time === null) return null
  const end = next ?? (running ? null : stage.until)
  const until = end === null ? now : Date.parse(end)
  return <span className="stage-took">{duration(Math.max(0, until - Date.parse(stage.time)))}</span>
}

const CHUNK = 100

/** In parts that the browser need not lay out while they are out of sight. */
function Lines({ lines, running }: { readonly lines: readonly StageLine[]; readonly running: boolean }) {
  const box = useRef<HTMLDivElement>(null)
  const atEnd = useRef(true)
  useEffect(() => {
    if (running && atEnd.current && box.current !== null) box.current.scrollTop = box.current.scrollHeight
  }, [lines, running])
  const chunks: (readonly StageLine[])[] = []
  for (let at = 0; at < lines.length; at += CHUNK) chunks.push(lines.slice(at, at + CHUNK))
  return (
    // Whoever has no mouse has to be able to scroll it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div
      ref={box}
      className="stage-lines"
      tabIndex={0}
      role="log"
      aria-label={words.log}
      aria-live={running ? 'polite' : 'off'}
      onScroll={({ currentTarget: at }) => {
        atEnd.current = at.scrollHeight - at.scrollTop - at.clientHeight < 40
      }}
    >
      {chunks.map((chunk) => (
        <Chunk key={chunk[0]?.seq} lines={chunk} />
      ))}
    </div>
  )
}

const Chunk = memo(
  function Chunk({ lines }: { readonly lines: readonly StageLine[] }) {
    return (
      <div className="stage-chunk">
        {lines.map((line) => (
          <div key={line.seq} className={isBang(line.text) ? 'stage-line stage-bang' : 'stage-line'}>
            <LineText text={unindent(line.text)} />
          </div>
        ))}
      </div>
    )
  },
  (a, b) => a.lines.length === b.lines.length && a.lines[0]?.seq === b.lines[0]?.seq,
)
