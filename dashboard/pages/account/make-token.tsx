import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { accountEndpoints } from '../../../server/contract/accounts.ts'
import { call } from '../../api/call.ts'
import { messageOf } from '../../api/failure.ts'
import { keys } from '../../api/queries.ts'
import { Button } from '../../design/button.tsx'
import { CopyButton } from '../../design/copy.tsx'
import { Choose, Field } from '../../design/field.tsx'
import { Modal, ModalActions } from '../../design/modal.tsx'
import { strings } from '../../strings.ts'

const words = strings.account
const DAY = 86_400
const LIFETIMES = [
  { value: String(30 * DAY), text: words.lifetimes.month },
  { value: String(7 * DAY), text: words.lifetimes.week },
  { value: String(365 * DAY), text: words.lifetimes.year },
  { value: '', text: words.lifetimes.always },
] as const

interface MakeTokenProps {
  readonly open: boolean
  readonly onClose: () => void
}

/** Makes a token and shows it, this once. */
export function MakeToken({ open, onClose }: MakeTokenProps) {
  const [token, setToken] = useState<string | null>(null)
  const close = () => {
    onClose()
    setToken(null)
  }
  if (token === null)
    return (
      <Modal open={open} onClose={close} title={words.makeToken}>
        <Form onMade={setToken} onCancel={close} />
      </Modal>
    )
  return (
    <Modal open={open} onClose={close} title={words.tokenMade} description={words.tokenAbout}>
      <div className="token">
        <code className="break">{token}</code>
        <CopyButton text={token} what={words.token} />
      </div>
      <ModalActions>
        <Button kind="primary" onClick={close}>
          {words.done}
        </Button>
      </ModalActions>
    </Modal>
  )
}

interface FormProps {
  readonly onMade: (token: string) => void
  readonly onCancel: () => void
}

function Form({ onMade, onCancel }: FormProps) {
  const cache = useQueryClient()
  const [label, setLabel] = useState('')
  const [seconds, setSeconds] = useState<string>(LIFETIMES[0].value)
  const make = useMutation({
    mutationFn: () =>
      call(accountEndpoints.createToken, {
        body: { label, ...(seconds === '' ? {} : { expires_in: Number(seconds) }) },
      }),
    onSuccess: ({ token }) => {
      void cache.invalidateQueries({ queryKey: keys.tokens })
      onMade(token)
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    make.mutate()
  }
  return (
    <form className="form" onSubmit={submit}>
      <Field
        label={words.label}
        hint={words.labelHint}
        required
        maxLength={100}
        problem={make.isError ? messageOf(make.error) : null}
        value={label}
        onChange={(event) => setLabel(event.target.value)}
      />
      <Choose
        label={words.lifetime}
        value={seconds}
        onChange={(event) => setSeconds(event.target.value)}
        options={LIFETIMES}
      />
      <ModalActions>
        <Button onClick={onCancel}>{strings.common.cancel}</Button>
        <Button type="submit" kind="primary" busy={make.isPending}>
          {words.makeToken}
        </Button>
      </ModalActions>
    </form>
  )
}
