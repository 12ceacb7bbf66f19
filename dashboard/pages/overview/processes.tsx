import { useQuery } from '@tanstack/react-query'
import type { Formation, Instance } from '../../../server/contract/formation.ts'
import { formationQuery, instancesQuery } from '../../api/queries.ts'
import { Failed, Panel, Skeleton } from '../../design/blocks.tsx'
import type { Status } from '../../design/status.ts'
import { StatusPill } from '../../design/status-pill.tsx'
import { Time } from '../../design/time.tsx'
import { strings } from '../../strings.ts'
import { Scale } from './scale.tsx'

const words = strings.overview

/** Each process type with its quantity, and what its instances are doing. */
export function Processes({ app }: { readonly app: string }) {
  const formation = useQuery(formationQuery(app))
  const instances = useQuery(instancesQuery(app))
  if (formation.data === undefined)
    return formation.error === null ? (
      <Panel>
        <Skeleton rows={2} />
      </Panel>
    ) : (
      <Failed error={formation.error} retry={() => void formation.refetch()} />
    )
  if (formation.data.length === 0) return <p className="soft">{words.unpublished}</p>
  return (
    <Panel>
      {formation.data.map((record) => (
        <ProcessType
          key={record.type}
          app={app}
          formation={record}
          instances={(instances.data ?? []).filter(({ type }) => type === record.type)}
        />
      ))}
    </Panel>
  )
}

interface ProcessTypeProps {
  readonly app: string
  readonly formation: Formation
  readonly instances: readonly Instance[]
}

function ProcessType({ app, formation, instances }: ProcessTypeProps) {
  return (
    <div className="process">
      <div className="process-head">
        <div className="process-name">
          <h3>{formation.type}</h3>
          <code className="cut faint" title={formation.command}>
            {formation.command}
          </code>
        </div>
        <Scale app={app} formation={formation} />
      </div>
      {instances.length > 0 && (
        <ul className="instances" aria-label={words.instancesOf(formation.type)}>
          {instances.map((instance) => (
            <li key={instance.id} className="instance">
              <span className="instance-name mono">{instance.name}</span>
              <StatusPill {...instanceStatus(instance.state)} />
              <span className="instance-reason faint break">{instance.reason ?? ''}</span>
              <span className="instance-facts faint number">
                <span className="mono">v{instance.release}</span>
                <span>
                  {words.restarts} {instance.restarts}
                </span>
                {instance.started_at !== null && <Time at={instance.started_at} />}
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

const TONES = { starting: 'busy', ready: 'good', draining: 'warn', exited: 'idle', crashed: 'bad' } as const

const instanceStatus = (state: Instance['state']): Status => ({
  tone: TONES[state],
  text: strings.instanceState[state],
})
