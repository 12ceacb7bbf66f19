import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { accountEndpoints } from '../../../server/contract/accounts.ts'
import { call } from '../../api/call.ts'
import { Notice, Section } from '../../design/blocks.tsx'
import { Button } from '../../design/button.tsx'
import { Field } from '../../design/field.tsx'
import { tellDone, tellFailure } from '../../design/toasts.tsx'
import { useAccount } from '../../layout/gate.tsx'
import { strings } from '../../strings.ts'

const words = strings.account
const SHORTEST = 10

export function Password() {
  const { has_password: hasPassword, email } = useAccount()
  const cache = useQueryClient()
  const [password, setPassword] = useState('')
  const [again, setAgain] = useState('')
  const [tried, setTried] = useState(false)
  const set = useMutation({
    mutationFn: () => call(accountEndpoints.setPassword, { body: { password } }),
    onSuccess: () => {
      setPassword('')
      setAgain('')
      setTried(false)
      tellDone(words.passwordSet)
      void cache.invalidateQueries()
    },
    onError: (error) => tellFailure(words.passwordNotSet, error),
  })
  const short = password.length < SHORTEST
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (!short && password === again) set.mutate()
  }
  return (
    <Section title={words.password} about={words.passwordAbout}>
      {!hasPassword && <Notice tone="warn">{words.passwordNone}</Notice>}
      <form className="panel account-form" onSubmit={submit}>
        <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
        <Field
          label={words.newPassword}
          type="password"
          autoComplete="new-password"
          maxLength={1024}
          problem={tried && short ? words.short : null}
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <Field
          label={words.again}
          type="password"
          autoComplete="new-password"
          maxLength={1024}
          problem={tried && !short && password !== again ? words.differ : null}
          value={again}
          onChange={(event) => setAgain(event.target.value)}
        />
        <Button type="submit" busy={set.isPending} disabled={password === '' && again === ''}>
          {words.setPassword}
        </Button>
      </form>
    </Section>
  )
}
