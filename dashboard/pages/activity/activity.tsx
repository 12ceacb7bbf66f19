import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import type { Build, Deployment } from '../../../server/contract/releases.ts'
import { buildsQuery, deploymentsQuery } from '../../api/queries.ts'
import { buildStatus, workStatus } from '../../apps/build-status.ts'
import { PushGuide } from '../../apps/push-guide.tsx'
import { EmptyState, Failed, Panel, Section, Skeleton } from '../../design/blocks.tsx'
import { StatusPill } from '../../design/status-pill.tsx'
import { Cell, Row, Table } from '../../design/table.tsx'
import { duration } from '../../design/time-text.ts'
import { Time } from '../../design/time.tsx'
import { strings } from '../../strings.ts'
import { useApp } from '../app/app-frame.tsx'

const words = strings.activity

export function Activity() {
  const app = useApp()
  const builds = useQuery(buildsQuery(app.name))
  const work = useQuery(deploymentsQuery(app.name))
  if (builds.data === undefined)
    return (
      <div className="page">
        {builds.error === null ? (
          <Panel>
            <Skeleton rows={5} />
          </Panel>
        ) : (
          <Failed error={builds.error} retry={() => void builds.refetch()} />
        )}
      </div>
    )
  const other = (work.data ?? []).filter(({ kind }) => kind !== 'push')
  return (
    <div className="page">
      {builds.data.length === 0 ? (
        <EmptyState icon="activity" title={words.empty}>
          <p>{words.emptyAbout}</p>
          <PushGuide app={app} />
        </EmptyState>
      ) : (
        <Section title={words.builds}>
          <Builds app={app.name} builds={builds.data} />
        </Section>
      )}
      {other.length > 0 && (
        <Section title={words.other} about={words.otherAbout}>
          <Work work={other} />
        </Section>
      )}
    </div>
  )
}

const Builds = ({ app, builds }: { readonly app: string; readonly builds: readonly Build[] }) => (
  <Table
    label={words.builds}
    heads={[
      { text: words.commit },
      { text: strings.common.state },
      { text: strings.releases.version },
      { text: words.took },
      { text: words.when },
    ]}
  >
    {builds.map((build) => (
      <Row key={build.id}>
        <Cell kind="lead">
          <Link to={`/apps/${app}/activity/${build.id}`} className="table-link break">
            {build.subject === '' ? words.noSubject : build.subject}
          </Link>
          <p className="sub">
            {build.commit !== null && <code>{build.commit.slice(0, 8)}</code>} {build.author}
          </p>
        </Cell>
        <Cell kind="fit">
          <StatusPill {...buildStatus(build)} />
        </Cell>
        <Cell kind="fit">{build.release !== null && <span className="mono">v{build.release}</span>}</Cell>
        <Cell kind="fit">
          <span className="number soft">{took(build)}</span>
        </Cell>
        <Cell kind="end">
          <span className="soft">
            <Time at={build.created_at} />
          </span>
        </Cell>
      </Row>
    ))}
  </Table>
)

const Work = ({ work }: { readonly work: readonly Deployment[] }) => (
  <Table
    label={words.other}
    heads={[
      { text: words.what },
      { text: strings.common.state },
      { text: strings.releases.version },
      { text: words.took },
      { text: words.when },
    ]}
  >
    {work.map((one) => (
      <Row key={one.id}>
        <Cell kind="lead">
          {words.kinds[one.kind]}
          {one.reason !== null && <p className="sub break">{one.reason}</p>}
        </Cell>
        <Cell kind="fit">
          <StatusPill {...workStatus(one)} />
        </Cell>
        <Cell kind="fit">{one.release !== null && <span className="mono">v{one.release}</span>}</Cell>
        <Cell kind="fit">
          <span className="number soft">{took(one)}</span>
        </Cell>
        <Cell kind="end">
          <span className="soft">
            <Time at={one.created_at} />
          </span>
        </Cell>
      </Row>
    ))}
  </Table>
)

const took = ({ created_at, finished_at }: { created_at: string; finished_at: string | null }): string =>
  finished_at === null ? '' : duration(Date.parse(finished_at) - Date.parse(created_at))
