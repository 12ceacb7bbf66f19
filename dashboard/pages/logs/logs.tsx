import { useEffect, useState, useSyncExternalStore } from 'react'
import { EmptyState, Failed, Skeleton } from '../../design/blocks.tsx'
import { Button } from '../../design/button.tsx'
import { Commands } from '../../design/copy.tsx'
import { Choose } from '../../design/field.tsx'
import { SearchField } from '../../design/search-field.tsx'
import { useLive } from '../../live/live-context.tsx'
import { NO_FILTER } from '../../log/log-buffer.ts'
import { strings } from '../../strings.ts'
import { useApp } from '../app/app-frame.tsx'
import { AppLog } from './app-log.ts'
import { LogView } from './log-view.tsx'
import './logs.css'

const words = strings.logs

export function Logs() {
  const { name } = useApp()
  const live = useLive()
  const [log, setLog] = useState<AppLog | null>(null)
  useEffect(() => {
    if (live === null) return
    const opened = new AppLog(name)
    setLog(opened)
    void opened.open(live)
    return () => opened.close()
  }, [live, name])
  return log === null ? (
    <div className="page">
      <Skeleton rows={6} />
    </div>
  ) : (
    <Opened key={name} log={log} />
  )
}

function Opened({ log }: { readonly log: AppLog }) {
  const state = useSyncExternalStore(log.subscribe, log.state)
  const [filter, setFilter] = useState(NO_FILTER)
  const [follow, setFollow] = useState(true)
  const [wrap, setWrap] = useState(() => window.matchMedia('(max-width: 44rem)').matches)
  const change = (next: typeof filter) => {
    setFilter(next)
    log.setFilter(next)
  }
  const { buffer } = log
  if (!state.ready)
    return (
      <div className="page">
        <Skeleton rows={6} />
      </div>
    )
  if (buffer.lines.length === 0 && state.failure === null)
    return (
      <div className="page">
        <EmptyState icon="logs" title={words.empty}>
          <p>{words.emptyAbout}</p>
          <Commands lines={[words.emptyCommand]} />
        </EmptyState>
      </div>
    )
  return (
    <div className="logs">
      <div className="logs-bar">
        <SearchField
          label={words.filter}
          value={filter.text}
          onChange={(text) => change({ ...filter, text })}
        />
        <Choose
          label={words.process}
          labelHidden
          value={filter.process}
          onChange={(event) => change({ ...filter, process: event.target.value })}
          options={[{ value: '', text: words.allProcesses }, ...choices(buffer.processes)]}
        />
        <div className="row push">
          <span className="faint number logs-count" role="status">
            {words.counted(buffer.shown.length, buffer.lines.length, state.hasOlder)}
          </span>
          <Button kind="quiet" icon="wrap" aria-pressed={wrap} onClick={() => setWrap(!wrap)} small>
            {words.wrap}
          </Button>
          <Button kind="quiet" icon="down" aria-pressed={follow} onClick={() => setFollow(!follow)} small>
            {words.follow}
          </Button>
        </div>
      </div>
      {state.failure !== null && <Failed error={state.failure} retry={() => void log.loadOlder()} />}
      <LogView
        log={log}
        state={state}
        wrap={wrap}
        follow={follow}
        onFollow={setFollow}
        needle={filter.text}
      />
    </div>
  )
}

/** Types first (`web` stands for all its instances), then the instances themselves. */
function choices(processes: readonly string[]): { value: string; text: string }[] {
  const types = new Set(processes.map((name) => name.replace(/\.\d+$/, '')))
  return [...new Set([...types, ...processes])].sort().map((name) => ({ value: name, text: name }))
}
