import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import type { App } from '../../../server/contract/apps.ts'
import { domainEndpoints } from '../../../server/contract/domains.ts'
import { HostName } from '../../../server/contract/ids.ts'
import { call } from '../../api/call.ts'
import { domainsQuery, keys } from '../../api/queries.ts'
import { Failed, Section } from '../../design/blocks.tsx'
import { Button, IconButton } from '../../design/button.tsx'
import { Field } from '../../design/field.tsx'
import { tellDone, tellFailure } from '../../design/toasts.tsx'
import { strings } from '../../strings.ts'

const words = strings.settings

export function Domains({ app }: { readonly app: App }) {
  const { data: domains, error, refetch } = useQuery(domainsQuery(app.name))
  return (
    <Section title={words.domains} about={words.domainsAbout}>
      <div className="panel">
        {error !== null && domains === undefined && <Failed error={error} retry={() => void refetch()} />}
        <ul>
          {(domains ?? []).map(({ hostname, kind }) => (
            <li key={hostname} className="settings-item">
              <code className="break">{hostname}</code>
              {kind === 'platform' ? (
                <span className="faint push">{words.platformDomain}</span>
              ) : (
                <Remove app={app.name} hostname={hostname} />
              )}
            </li>
          ))}
        </ul>
        <AddDomain app={app.name} />
      </div>
    </Section>
  )
}

function useDomainChange<T>(app: string, change: (value: T) => Promise<unknown>, told: (value: T) => string) {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: change,
    onSuccess: (_reply, value) => {
      tellDone(told(value))
      void cache.invalidateQueries({ queryKey: keys.topic(app, 'domains') })
    },
    onError: (error) => tellFailure(words.domainFailed, error),
  })
}

function Remove({ app, hostname }: { readonly app: string; readonly hostname: string }) {
  const remove = useDomainChange(
    app,
    (name: string) => call(domainEndpoints.remove, { params: { app, hostname: name } }),
    words.domainRemoved,
  )
  return (
    <span className="push">
      <IconButton
        icon="trash"
        label={words.removeDomain(hostname)}
        small
        disabled={remove.isPending}
        onClick={() => remove.mutate(hostname)}
      />
    </span>
  )
}

function AddDomain({ app }: { readonly app: string }) {
  const [hostname, setHostname] = useState('')
  const [tried, setTried] = useState(false)
  const add = useDomainChange(
    app,
    (name: string) => call(domainEndpoints.add, { params: { app }, body: { hostname: name } }),
    words.domainAdded,
  )
  const valid = HostName.safeParse(hostname).success
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(!valid)
    if (valid) add.mutate(hostname, { onSuccess: () => setHostname('') })
  }
  return (
    <form className="settings-add" onSubmit={submit}>
      <Field
        label={words.domain}
        labelHidden
        placeholder={words.domain}
        problem={tried && !valid ? words.domainProblem : null}
        mono
        spellCheck={false}
        autoCapitalize="off"
        value={hostname}
        onChange={(event) => setHostname(event.target.value.trim().toLowerCase())}
      />
      <Button type="submit" busy={add.isPending} disabled={hostname === ''}>
        {words.addDomain}
      </Button>
    </form>
  )
}
