import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { accountEndpoints } from '../../../server/contract/accounts.ts'
import type { ReplyOf } from '../../../server/contract/endpoint.ts'
import { call } from '../../api/call.ts'
import { keys, tokensQuery } from '../../api/queries.ts'
import { Failed, Panel, Section, Skeleton } from '../../design/blocks.tsx'
import { Button } from '../../design/button.tsx'
import { Cell, Row, Table } from '../../design/table.tsx'
import { Time } from '../../design/time.tsx'
import { tellDone, tellFailure } from '../../design/toasts.tsx'
import { strings } from '../../strings.ts'
import { MakeToken } from './make-token.tsx'

const words = strings.account

export function Tokens() {
  const { data: tokens, error, refetch } = useQuery(tokensQuery)
  const [making, setMaking] = useState(false)
  const place = useRef<HTMLDivElement>(null)
  const there = tokens !== undefined
  // Browsers look for `#tokens` when the address changes, and this comes later.
  useEffect(() => {
    if (there && location.hash === '#tokens') place.current?.scrollIntoView()
  }, [there])
  return (
    <div id="tokens" ref={place}>
      <Section
        title={words.tokens}
        about={words.tokensAbout}
        actions={
          <Button icon="plus" onClick={() => setMaking(true)}>
            {words.makeToken}
          </Button>
        }
      >
        {tokens === undefined ? (
          error === null ? (
            <Panel>
              <Skeleton rows={2} />
            </Panel>
          ) : (
            <Failed error={error} retry={() => void refetch()} />
          )
        ) : tokens.length === 0 ? (
          <p className="soft">{words.noTokens}</p>
        ) : (
          <Table
            label={words.tokens}
            heads={[
              { text: words.label },
              { text: words.lastUsed },
              { text: words.expires },
              { text: strings.common.actions, hidden: true },
            ]}
          >
            {tokens.map((token) => (
              <TokenRow key={token.id} token={token} />
            ))}
          </Table>
        )}
      </Section>
      <MakeToken open={making} onClose={() => setMaking(false)} />
    </div>
  )
}

function TokenRow({ token }: { readonly token: ReplyOf<typeof accountEndpoints.listTokens>[number] }) {
  const cache = useQueryClient()
  const revoke = useMutation({
    mutationFn: () => call(accountEndpoints.revokeToken, { params: { token: token.id } }),
    onSuccess: () => {
      tellDone(words.tokenRevoked(token.label))
      void cache.invalidateQueries({ queryKey: keys.tokens })
    },
    onError: (error) => tellFailure(words.tokenNotRevoked, error),
  })
  return (
    <Row>
      <Cell kind="lead">
        <span className="break">{token.label}</span>
        <p className="sub">
          {strings.common.created} <Time at={token.created_at} />
        </p>
      </Cell>
      <Cell kind="fit">
        <span className="soft">
          {token.last_used_at === null ? words.never : <Time at={token.last_used_at} />}
        </span>
      </Cell>
      <Cell kind="fit">
        <span className="soft">
          {token.expires_at === null ? words.never : <Time at={token.expires_at} />}
        </span>
      </Cell>
      <Cell kind="end">
        <Button
          small
          busy={revoke.isPending}
          aria-label={words.revokeTokenOf(token.label)}
          onClick={() => revoke.mutate()}
        >
          {words.revokeToken}
        </Button>
      </Cell>
    </Row>
  )
}
