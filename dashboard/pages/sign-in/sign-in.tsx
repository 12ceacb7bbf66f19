import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useNavigate, useSearchParams } from 'react-router'
import { sessionEndpoints } from '../../../server/contract/sessions.ts'
import { call } from '../../api/call.ts'
import { isSignedOut, messageOf } from '../../api/failure.ts'
import { accountQuery } from '../../api/queries.ts'
import { Notice } from '../../design/blocks.tsx'
import { Button } from '../../design/button.tsx'
import { Commands } from '../../design/copy.tsx'
import { Field } from '../../design/field.tsx'
import { Mark } from '../../design/icon.tsx'
import { strings } from '../../strings.ts'
import { localPath } from './local-path.ts'
import './sign-in.css'

const words = strings.signIn

export function SignIn() {
  const [query] = useSearchParams()
  const go = useNavigate()
  const cache = useQueryClient()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const signIn = useMutation({
    mutationFn: () => call(sessionEndpoints.open, { body: { email, password } }),
    onSuccess: async ({ account }) => {
      // What somebody else may have looked at in this browser goes.
      cache.clear()
      cache.setQueryData(accountQuery.queryKey, account)
      await go(localPath(query.get('next')), { replace: true })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    signIn.mutate()
  }
  return (
    <main className="lone">
      <title>{`${words.title} · ${strings.product}`}</title>
      <div className="lone-head">
        <Mark />
        <h1>{words.title}</h1>
      </div>
      <form className="form" onSubmit={submit}>
        {signIn.isError && (
          <div role="alert">
            <Notice tone="bad">{isSignedOut(signIn.error) ? words.failed : messageOf(signIn.error)}</Notice>
          </div>
        )}
        <Field
          label={words.email}
          type="email"
          name="email"
          autoComplete="username"
          required
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        <Field
          label={words.password}
          type="password"
          name="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <Button type="submit" kind="primary" busy={signIn.isPending}>
          {words.submit}
        </Button>
      </form>
      <div className="lone-foot">
        <p>{words.first}</p>
        <Commands lines={[words.linkCommand]} />
      </div>
    </main>
  )
}
