import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { formationEndpoints } from '../../../server/contract/formation.ts'
import { call } from '../../api/call.ts'
import { buildsQuery, domainsQuery } from '../../api/queries.ts'
import { PushGuide } from '../../apps/push-guide.tsx'
import { EmptyState, Facts, Notice, Section } from '../../design/blocks.tsx'
import { Button, LinkButton } from '../../design/button.tsx'
import { CopyButton } from '../../design/copy.tsx'
import { Time } from '../../design/time.tsx'
import { tellDone, tellFailure } from '../../design/toasts.tsx'
import { strings } from '../../strings.ts'
import { useApp } from '../app/app-frame.tsx'
import { Processes } from './processes.tsx'
import './overview.css'

const words = strings.overview

export function Overview() {
  const app = useApp()
  return (
    <div className="page">
      <Notices />
      {app.release === null ? (
        <EmptyState icon="branch" title={strings.push.title}>
          <p>{strings.push.about}</p>
          <PushGuide app={app} />
        </EmptyState>
      ) : (
        <div className="overview">
          <div className="stack overview-main">
            <CurrentRelease />
            <Section title={words.processes} actions={<Restart app={app.name} />}>
              <Processes app={app.name} />
            </Section>
          </div>
          <Details />
        </div>
      )}
    </div>
  )
}

/** What is going on now, or went wrong last. */
function Notices() {
  const app = useApp()
  const { data: builds } = useQuery(buildsQuery(app.name))
  const [latest] = builds ?? []
  const to = latest === undefined ? '' : `/apps/${app.name}/activity/${latest.id}`
  return (
    <>
      {latest !== undefined && (latest.state === 'running' || latest.state === 'pending') && (
        <Notice tone="busy" action={<Link to={to}>{words.watchBuild}</Link>}>
          {words.building} <span className="soft break">{latest.subject}</span>
        </Notice>
      )}
      {latest?.state === 'failed' && (
        <Notice tone="bad" action={<Link to={to}>{words.whyFailed}</Link>}>
          {words.lastFailed}
        </Notice>
      )}
      {app.maintenance && (
        <Notice tone="warn" action={<Link to={`/apps/${app.name}/settings`}>{strings.nav.settings}</Link>}>
          {words.maintenance}
        </Notice>
      )}
    </>
  )
}

function CurrentRelease() {
  const { name, release } = useApp()
  if (release === null) return null
  return (
    <Section
      title={words.current}
      actions={
        <LinkButton to={`/apps/${name}/releases`} kind="quiet" small icon="releases">
          {words.viewReleases}
        </LinkButton>
      }
    >
      <div className="panel current">
        <span className="current-version mono">v{release.version}</span>
        <div className="current-about">
          <p className="break">{release.description}</p>
          <p className="faint sub">
            {release.commit !== null && <code>{release.commit.slice(0, 8)}</code>}{' '}
            <Time at={release.created_at} />
          </p>
        </div>
      </div>
    </Section>
  )
}

function Restart({ app }: { readonly app: string }) {
  const restart = useMutation({
    mutationFn: () => call(formationEndpoints.restart, { params: { app }, body: {} }),
    onSuccess: () => tellDone(words.restarting),
    onError: (error) => tellFailure(words.notRestarted, error),
  })
  return (
    <Button kind="quiet" icon="refresh" small busy={restart.isPending} onClick={() => restart.mutate()}>
      {words.restart}
    </Button>
  )
}

function Details() {
  const app = useApp()
  const { data: domains } = useQuery(domainsQuery(app.name))
  const custom = (domains ?? []).filter(({ kind }) => kind === 'custom')
  return (
    <Section title={words.details}>
      <Facts
        facts={[
          [
            words.address,
            <span key="address">
              <a href={app.web_url} target="_blank" rel="noopener noreferrer">
                {new URL(app.web_url).host}
              </a>
              {custom.map(({ hostname }) => (
                <span key={hostname} className="block">
                  {hostname}
                </span>
              ))}
            </span>,
          ],
          [
            words.git,
            <>
              <code key="git" className="break">
                {app.git_url}
              </code>
              <CopyButton key="copy" text={app.git_url} what={words.git} />
            </>,
          ],
          [words.branch, <code key="branch">{app.deploy_branch}</code>],
          [
            words.health,
            app.health_check_path === null ? words.healthNone : <code>{app.health_check_path}</code>,
          ],
          [words.stack, app.stack],
          [words.team, app.team],
          [strings.common.created, <Time key="created" at={app.created_at} />],
        ]}
      />
    </Section>
  )
}
