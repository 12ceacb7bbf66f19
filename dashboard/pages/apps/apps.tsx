import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { Link } from 'react-router'
import type { App } from '../../../server/contract/apps.ts'
import { appsQuery } from '../../api/queries.ts'
import { appStatus } from '../../apps/app-status.ts'
import { EmptyState, Failed, Panel, Skeleton } from '../../design/blocks.tsx'
import { Button } from '../../design/button.tsx'
import { Commands } from '../../design/copy.tsx'
import { SearchField } from '../../design/search-field.tsx'
import { StatusPill } from '../../design/status-pill.tsx'
import { Cell, Row, Table } from '../../design/table.tsx'
import { Time } from '../../design/time.tsx'
import { strings } from '../../strings.ts'

const words = strings.apps
const CreateApp = lazy(async () => ({ default: (await import('./create-app.tsx')).CreateApp }))

export function Apps() {
  const { data: apps, error, refetch } = useQuery(appsQuery)
  const [filter, setFilter] = useState('')
  const [creating, setCreating] = useState(false)
  const found = (apps ?? []).filter(({ name }) => name.includes(filter.trim().toLowerCase()))
  return (
    <div className="page">
      <title>{`${words.title} · ${strings.product}`}</title>
      <header className="page-head">
        <h1>{words.title}</h1>
        <div className="row">
          <Button kind="primary" icon="plus" onClick={() => setCreating(true)}>
            {words.create}
          </Button>
        </div>
      </header>
      {apps !== undefined && apps.length > 0 && (
        <SearchField label={words.filter} value={filter} onChange={setFilter} />
      )}
      {error !== null && apps === undefined ? (
        <Failed error={error} retry={() => void refetch()} />
      ) : apps === undefined ? (
        <Panel>
          <Skeleton rows={4} />
        </Panel>
      ) : apps.length === 0 ? (
        <EmptyState icon="apps" title={words.emptyTitle}>
          <p>{words.emptyAbout}</p>
          <Commands lines={words.emptyCommands} />
          <Button icon="plus" onClick={() => setCreating(true)}>
            {words.create}
          </Button>
        </EmptyState>
      ) : found.length === 0 ? (
        <p className="soft">{words.noneFound(filter)}</p>
      ) : (
        <List apps={found} />
      )}
      {creating && (
        <Suspense>
          <CreateApp onClose={() => setCreating(false)} />
        </Suspense>
      )}
    </div>
  )
}

const List = ({ apps }: { readonly apps: readonly App[] }) => (
  <Table
    label={words.title}
    heads={[
      { text: strings.common.app },
      { text: strings.common.state },
      { text: words.instances },
      { text: words.release },
      { text: words.url },
    ]}
  >
    {apps.map((app) => (
      <Row key={app.id}>
        <Cell kind="lead">
          <Link to={`/apps/${app.name}`} className="table-link">
            {app.name}
          </Link>
          <p className="sub cut">{app.release?.description ?? words.noRelease}</p>
        </Cell>
        <Cell kind="fit">
          <StatusPill {...appStatus(app)} />
        </Cell>
        <Cell kind="fit">
          <span className="number soft">
            {app.release === null ? '' : words.ready(app.instances.ready, app.instances.wanted)}
          </span>
        </Cell>
        <Cell kind="fit">
          {app.release !== null && (
            <span className="soft">
              <span className="mono">v{app.release.version}</span> · <Time at={app.release.created_at} />
            </span>
          )}
        </Cell>
        <Cell kind="end">
          {app.release !== null && (
            <a
              href={app.web_url}
              target="_blank"
              rel="noopener noreferrer"
              aria-label={`${words.open} ${app.name}`}
            >
              {words.open}
            </a>
          )}
        </Cell>
      </Row>
    ))}
  </Table>
)
