import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type Session, sessionEndpoints } from '../../../server/contract/sessions.ts'
import { call } from '../../api/call.ts'
import { keys, sessionsQuery } from '../../api/queries.ts'
import { Failed, Panel, Section, Skeleton } from '../../design/blocks.tsx'
import { Button } from '../../design/button.tsx'
import { StatusPill } from '../../design/status-pill.tsx'
import { Cell, Row, Table } from '../../design/table.tsx'
import { Time } from '../../design/time.tsx'
import { tellDone, tellFailure } from '../../design/toasts.tsx'
import { strings } from '../../strings.ts'
import { browserName } from './browser-name.ts'

const words = strings.account

export function Sessions() {
  const { data: sessions, error, refetch } = useQuery(sessionsQuery)
  return (
    <Section title={words.sessions} about={words.sessionsAbout}>
      {sessions === undefined ? (
        error === null ? (
          <Panel>
            <Skeleton rows={2} />
          </Panel>
        ) : (
          <Failed error={error} retry={() => void refetch()} />
        )
      ) : (
        <Table
          label={words.sessions}
          heads={[
            { text: words.browser },
            { text: words.from },
            { text: words.lastUsed },
            { text: words.expires },
            { text: strings.common.actions, hidden: true },
          ]}
        >
          {sessions.map((session) => (
            <SessionRow key={session.id} session={session} />
          ))}
        </Table>
      )}
    </Section>
  )
}

function SessionRow({ session }: { readonly session: Session }) {
  const cache = useQueryClient()
  const revoke = useMutation({
    mutationFn: () => call(sessionEndpoints.revoke, { params: { session: session.id } }),
    onSuccess: () => {
      tellDone(words.revoked)
      void cache.invalidateQueries({ queryKey: keys.sessions })
    },
    onError: (error) => tellFailure(words.notRevoked, error),
  })
  const name = browserName(session.user_agent) ?? words.unknownBrowser
  return (
    <Row>
      <Cell kind="lead">
        <span title={session.user_agent}>{name}</span>
      </Cell>
      <Cell kind="fit">
        <code>{session.address}</code>
      </Cell>
      <Cell kind="fit">
        <span className="soft">
          <Time at={session.last_used_at} />
        </span>
      </Cell>
      <Cell kind="fit">
        <span className="soft">
          <Time at={session.expires_at} />
        </span>
      </Cell>
      <Cell kind="end">
        {session.current ? (
          <StatusPill tone="good" text={words.thisBrowser} />
        ) : (
          <Button
            small
            busy={revoke.isPending}
            aria-label={words.revokeOf(name)}
            onClick={() => revoke.mutate()}
          >
            {words.revoke}
          </Button>
        )}
      </Cell>
    </Row>
  )
}
