import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useEffect, useState } from 'react'
import { Link, useNavigate } from 'react-router'
import { accountEndpoints, type OwnAccount } from '../../../server/contract/accounts.ts'
import { sessionEndpoints } from '../../../server/contract/sessions.ts'
import { call } from '../../api/call.ts'
import { messageOf } from '../../api/failure.ts'
import { accountQuery, keys } from '../../api/queries.ts'
import { Notice, Skeleton } from '../../design/blocks.tsx'
import { Button } from '../../design/button.tsx'
import { Commands } from '../../design/copy.tsx'
import { Field } from '../../design/field.tsx'
import { Mark } from '../../design/icon.tsx'
import { strings } from '../../strings.ts'
import { takeCode } from './take-code.ts'
import '../sign-in/sign-in.css'

const words = strings.welcome

/** Where a one-time link leads: it signs in, and asks for a password. */
export function Welcome() {
  const cache = useQueryClient()
  const open = useMutation({
    mutationFn: (code: string) => call(sessionEndpoints.openByLink, { body: { code } }),
    onSuccess: ({ account }) => {
      cache.clear()
      cache.setQueryData(accountQuery.queryKey, account)
    },
  })
  const [code] = useState(takeCode)
  const { mutate } = open
  useEffect(() => {
    if (code !== null && takeOnce(code)) mutate(code)
  }, [code, mutate])
  return (
    <main className="lone">
      <title>{`${words.title} · ${strings.product}`}</title>
      <div className="lone-head">
        <Mark />
        <h1>{words.title}</h1>
      </div>
      {code === null ? (
        <Useless why={words.noCode} />
      ) : open.isError ? (
        <Useless why={`${words.spent} ${messageOf(open.error)}`} />
      ) : open.data === undefined ? (
        <>
          <p className="lone-about">{words.checking}</p>
          <Skeleton rows={2} />
        </>
      ) : (
        <ChoosePassword account={open.data.account} />
      )}
    </main>
  )
}

/** In development React runs effects twice; a code works once. */
const taken = new Set<string>()
function takeOnce(code: string): boolean {
  if (taken.has(code)) return false
  taken.add(code)
  return true
}

function Useless({ why }: { readonly why: string }) {
  return (
    <>
      <div role="alert">
        <Notice tone="bad">{why}</Notice>
      </div>
      <div className="lone-foot">
        <p>{words.another}</p>
        <Commands lines={[strings.signIn.linkCommand]} />
        <Link to="/sign-in">{words.toSignIn}</Link>
      </div>
    </>
  )
}

function ChoosePassword({ account }: { readonly account: OwnAccount }) {
  const go = useNavigate()
  const cache = useQueryClient()
  const [password, setPassword] = useState('')
  const set = useMutation({
    mutationFn: () => call(accountEndpoints.setPassword, { body: { password } }),
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: keys.account })
      await go('/', { replace: true })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    set.mutate()
  }
  return (
    <form className="form" onSubmit={submit}>
      <p className="lone-about break">{words.about(account.email)}</p>
      {/* Password managers store it under this name. */}
      <input type="hidden" name="username" autoComplete="username" value={account.email} readOnly />
      <Field
        label={words.password}
        type="password"
        autoComplete="new-password"
        required
        minLength={10}
        maxLength={1024}
        hint={words.hint}
        problem={set.isError ? messageOf(set.error) : null}
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      <Button type="submit" kind="primary" busy={set.isPending}>
        {words.submit}
      </Button>
      <Button kind="quiet" onClick={() => void go('/', { replace: true })}>
        {words.later}
      </Button>
    </form>
  )
}
