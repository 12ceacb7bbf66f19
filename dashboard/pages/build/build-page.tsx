import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useParams } from 'react-router'
import { type Build, releaseEndpoints } from '../../../server/contract/releases.ts'
import { call } from '../../api/call.ts'
import { buildQuery, keys } from '../../api/queries.ts'
import { buildStatus } from '../../apps/build-status.ts'
import { Facts, Failed, Notice, Skeleton } from '../../design/blocks.tsx'
import { Button } from '../../design/button.tsx'
import { CopyButton } from '../../design/copy.tsx'
import { Icon } from '../../design/icon.tsx'
import { StatusPill } from '../../design/status-pill.tsx'
import { duration } from '../../design/time-text.ts'
import { Time } from '../../design/time.tsx'
import { tellDone, tellFailure } from '../../design/toasts.tsx'
import { useApp } from '../app/app-frame.tsx'
import { strings } from '../../strings.ts'
import { Stages } from './stages.tsx'
import { useBuildLog } from './use-build-log.ts'
import './build-page.css'

const words = strings.build

export function BuildPage() {
  const { name: app } = useApp()
  const { build: id = '' } = useParams()
  const { data: build, error, refetch } = useQuery(buildQuery(app, id))
  const log = useBuildLog(app, id)
  if (build === undefined)
    return (
      <div className="page">
        {error === null ? <Skeleton rows={6} /> : <Failed error={error} retry={() => void refetch()} />}
      </div>
    )
  const running = build.state === 'running' || build.state === 'pending'
  return (
    <div className="page">
      <header className="build-head">
        <Link to={`/apps/${app}/activity`} className="build-back">
          <Icon name="back" /> {words.back}
        </Link>
        <div className="page-head">
          <h2 className="build-title break">
            {build.subject === '' ? strings.activity.noSubject : build.subject}
          </h2>
          <StatusPill {...buildStatus(build)} />
          {running && (
            <div className="row">
              <Cancel app={app} build={build} />
            </div>
          )}
        </div>
      </header>
      <Facts wide facts={factsOf(build)} />
      {build.state === 'failed' && build.reason !== null && (
        <Notice tone="bad">
          <strong>{words.why}</strong>
          <p className="break build-reason">{build.reason}</p>
        </Notice>
      )}
      {log.failure !== null && <Notice tone="warn">{log.failure}</Notice>}
      <Stages lines={log.lines} state={build.state} ended={log.ended} />
    </div>
  )
}

const factsOf = (build: Build): readonly (readonly [string, React.ReactNode])[] => [
  ...(build.commit === null
    ? []
    : [
        [
          strings.activity.commit,
          <>
            <code key="commit">{build.commit.slice(0, 12)}</code>
            <CopyButton key="copy" text={build.commit} what={strings.activity.commit} />
          </>,
        ] as const,
      ]),
  [strings.activity.author, build.author],
  [strings.activity.when, <Time key="when" at={build.created_at} />],
  ...(build.finished_at === null
    ? []
    : [
        [
          strings.activity.took,
          duration(Date.parse(build.finished_at) - Date.parse(build.created_at)),
        ] as const,
      ]),
  ...(build.release === null
    ? []
    : [
        [
          strings.releases.version,
          <span key="release" className="mono">{`v${build.release}`}</span>,
        ] as const,
      ]),
  ...(build.summary.length === 0 ? [] : [[words.tools, build.summary.join(', ')] as const]),
]

function Cancel({ app, build }: { readonly app: string; readonly build: Build }) {
  const cache = useQueryClient()
  const cancel = useMutation({
    mutationFn: () => call(releaseEndpoints.cancelBuild, { params: { app, build: build.id } }),
    onSuccess: async () => {
      tellDone(words.canceled)
      await cache.invalidateQueries({ queryKey: keys.topic(app, 'builds') })
    },
    onError: (error) => tellFailure(words.notCanceled, error),
  })
  return (
    <Button icon="cross" busy={cancel.isPending} onClick={() => cancel.mutate()}>
      {words.cancel}
    </Button>
  )
}
