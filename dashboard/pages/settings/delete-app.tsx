import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useNavigate } from 'react-router'
import { type App, appEndpoints } from '../../../server/contract/apps.ts'
import { call } from '../../api/call.ts'
import { messageOf } from '../../api/failure.ts'
import { keys } from '../../api/queries.ts'
import { Button } from '../../design/button.tsx'
import { Field } from '../../design/field.tsx'
import { Modal, ModalActions } from '../../design/modal.tsx'
import { tellDone } from '../../design/toasts.tsx'
import { strings } from '../../strings.ts'

const words = strings.settings

export function DeleteApp({ app }: { readonly app: App }) {
  const [asking, setAsking] = useState(false)
  return (
    <section className="panel settings-line settings-danger">
      <div>
        <h2>{words.danger}</h2>
        <p className="section-about">{words.dangerAbout}</p>
      </div>
      <Button icon="trash" onClick={() => setAsking(true)} disabled={app.state === 'destroying'}>
        {words.destroy}
      </Button>
      <Modal
        open={asking}
        onClose={() => setAsking(false)}
        title={words.destroyTitle(app.name)}
        description={words.dangerAbout}
      >
        <Confirm name={app.name} onClose={() => setAsking(false)} />
      </Modal>
    </section>
  )
}

function Confirm({ name, onClose }: { readonly name: string; readonly onClose: () => void }) {
  const [typed, setTyped] = useState('')
  const go = useNavigate()
  const cache = useQueryClient()
  const destroy = useMutation({
    mutationFn: () => call(appEndpoints.destroy, { params: { app: name }, query: { confirm: typed } }),
    onSuccess: async () => {
      tellDone(words.destroyed(name))
      await go('/')
      cache.removeQueries({ queryKey: keys.all(name) })
      await cache.invalidateQueries({ queryKey: keys.apps })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (typed === name) destroy.mutate()
  }
  return (
    <form className="form" onSubmit={submit}>
      <Field
        label={words.confirm(name)}
        mono
        spellCheck={false}
        autoCapitalize="off"
        problem={destroy.isError ? `${words.notDestroyed}. ${messageOf(destroy.error)}` : null}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      <ModalActions>
        <Button onClick={onClose}>{strings.common.cancel}</Button>
        <Button type="submit" kind="danger" icon="trash" busy={destroy.isPending} disabled={typed !== name}>
          {words.destroy}
        </Button>
      </ModalActions>
    </form>
  )
}
