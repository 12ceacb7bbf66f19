import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Release } from '../../../server/contract/releases.ts'
import { releasesQuery } from '../../api/queries.ts'
import { releaseStatus } from '../../apps/build-status.ts'
import { PushGuide } from '../../apps/push-guide.tsx'
import { EmptyState, Failed, Panel, Skeleton } from '../../design/blocks.tsx'
import { Button } from '../../design/button.tsx'
import { StatusPill } from '../../design/status-pill.tsx'
import { Cell, Row, Table } from '../../design/table.tsx'
import { Time } from '../../design/time.tsx'
import { strings } from '../../strings.ts'
import { useApp } from '../app/app-frame.tsx'
import { Rollback } from './rollback.tsx'
import './releases.css'

const words = strings.releases

export function Releases() {
  const app = useApp()
  const { data: releases, error, refetch } = useQuery(releasesQuery(app.name))
  const [chosen, setChosen] = useState<number | null>(null)
  return (
    <div className="page">
      {releases === undefined ? (
        error === null ? (
          <Panel>
            <Skeleton rows={5} />
          </Panel>
        ) : (
          <Failed error={error} retry={() => void refetch()} />
        )
      ) : releases.length === 0 ? (
        <EmptyState icon="releases" title={words.empty}>
          <p>{words.emptyAbout}</p>
          <PushGuide app={app} />
        </EmptyState>
      ) : (
        <Table
          label={strings.nav.releases}
          heads={[
            { text: words.version },
            { text: words.what },
            { text: strings.common.state },
            { text: strings.activity.author },
            { text: strings.activity.when },
            { text: strings.common.actions, hidden: true },
          ]}
        >
          {releases.map((release) => (
            <ReleaseRow key={release.id} release={release} onRollback={setChosen} />
          ))}
        </Table>
      )}
      <Rollback app={app.name} version={chosen} onClose={() => setChosen(null)} />
    </div>
  )
}

interface ReleaseRowProps {
  readonly release: Release
  readonly onRollback: (version: number) => void
}

const ReleaseRow = ({ release, onRollback }: ReleaseRowProps) => (
  <Row>
    <Cell kind="fit">
      <strong className="mono">v{release.version}</strong>
    </Cell>
    <Cell kind="lead">
      <span className="break">{release.description}</span>
      {release.commit !== null && (
        <p className="sub">
          <code>{release.commit.slice(0, 8)}</code>
        </p>
      )}
      {release.reason !== null && <p className="sub break">{release.reason}</p>}
    </Cell>
    <Cell kind="fit">
      <StatusPill {...releaseStatus(release)} />
    </Cell>
    <Cell>
      <span className="soft cut release-author" title={release.author}>
        {release.author}
      </span>
    </Cell>
    <Cell kind="fit">
      <span className="soft">
        <Time at={release.created_at} />
      </span>
    </Cell>
    <Cell kind="end">
      {release.state === 'superseded' &&
        (release.kept ? (
          <Button
            small
            icon="rollback"
            aria-label={words.rollbackTo(release.version)}
            onClick={() => onRollback(release.version)}
          >
            {words.rollback}
          </Button>
        ) : (
          <span className="faint">{words.notKept}</span>
        ))}
    </Cell>
  </Row>
)
