import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useNavigate } from 'react-router'
import { type App, appEndpoints } from '../../../server/contract/apps.ts'
import { AppName } from '../../../server/contract/ids.ts'
import { call } from '../../api/call.ts'
import { messageOf } from '../../api/failure.ts'
import { keys } from '../../api/queries.ts'
import { PushGuide } from '../../apps/push-guide.tsx'
import { Button } from '../../design/button.tsx'
import { Choose, Field } from '../../design/field.tsx'
import { Modal, ModalActions } from '../../design/modal.tsx'
import { useAccount } from '../../layout/gate.tsx'
import { strings } from '../../strings.ts'

const words = strings.create

interface CreateAppProps {
  readonly onClose: () => void
}

/** Asks for a name, then shows the commands that bring code to what it made. */
export function CreateApp({ onClose }: CreateAppProps) {
  const [made, setMade] = useState<App | null>(null)
  const go = useNavigate()
  const close = () => {
    onClose()
    setMade(null)
  }
  if (made === null)
    return (
      <Modal open onClose={close} title={words.title}>
        <Form onMade={setMade} onCancel={close} />
      </Modal>
    )
  return (
    <Modal open onClose={close} title={words.madeTitle(made.name)} description={words.madeAbout} wide>
      <div className="stack">
        <PushGuide app={made} />
      </div>
      <ModalActions>
        <Button kind="primary" onClick={() => void go(`/apps/${made.name}`)}>
          {words.toApp}
        </Button>
      </ModalActions>
    </Modal>
  )
}

function Form({ onMade, onCancel }: { readonly onMade: (app: App) => void; readonly onCancel: () => void }) {
  const { teams } = useAccount()
  const cache = useQueryClient()
  const [name, setName] = useState('')
  const [team, setTeam] = useState(teams[0]?.name ?? '')
  const create = useMutation({
    mutationFn: () =>
      call(appEndpoints.create, {
        body: { ...(name === '' ? {} : { name }), ...(teams.length > 1 ? { team } : {}) },
      }),
    onSuccess: (app) => {
      void cache.invalidateQueries({ queryKey: keys.apps })
      onMade(app)
    },
  })
  // What is typed is judged once it could be meant: a half-typed name is not a mistake yet.
  const judged = name.length < 3 ? null : AppName.safeParse(name)
  const problem = judged === null || judged.success ? null : (judged.error.issues[0]?.message ?? null)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (problem === null) create.mutate()
  }
  return (
    <form className="form" onSubmit={submit}>
      <Field
        label={words.name}
        hint={words.hint}
        mono
        spellCheck={false}
        autoCapitalize="off"
        maxLength={30}
        problem={
          problem === null ? (create.isError ? messageOf(create.error) : null) : `${words.name} ${problem}.`
        }
        value={name}
        onChange={(event) => {
          create.reset()
          setName(event.target.value.toLowerCase())
        }}
      />
      {teams.length > 1 && (
        <Choose
          label={words.team}
          value={team}
          onChange={(event) => setTeam(event.target.value)}
          options={teams.map((one) => ({ value: one.name, text: one.name }))}
        />
      )}
      <ModalActions>
        <Button onClick={onCancel}>{strings.common.cancel}</Button>
        <Button type="submit" kind="primary" busy={create.isPending}>
          {words.submit}
        </Button>
      </ModalActions>
    </form>
  )
}
