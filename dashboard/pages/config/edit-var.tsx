import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { ConfigVarName } from '../../../server/contract/ids.ts'
import { configQuery } from '../../api/queries.ts'
import { Failed, Skeleton } from '../../design/blocks.tsx'
import { Button } from '../../design/button.tsx'
import { Field, TextArea } from '../../design/field.tsx'
import { Modal, ModalActions } from '../../design/modal.tsx'
import { strings } from '../../strings.ts'
import type { Asked } from './config.tsx'
import { useChangeConfig } from './use-change-config.ts'

const words = strings.config

interface EditVarProps {
  readonly app: string
  readonly asked: Asked | null
  readonly names: readonly string[]
  readonly onClose: () => void
}

/** One var: a new one, or the value of one that is there. */
export function EditVar({ app, asked, names, onClose }: EditVarProps) {
  const adding = asked?.what === 'add'
  const editing = asked?.what === 'edit' ? asked.name : null
  return (
    <Modal
      open={adding || editing !== null}
      onClose={onClose}
      title={editing === null ? words.add : words.editOf(editing)}
    >
      {adding && <Form app={app} name={null} value="" names={names} onClose={onClose} />}
      {editing !== null && <Existing app={app} name={editing} onClose={onClose} />}
    </Modal>
  )
}

interface ExistingProps {
  readonly app: string
  readonly name: string
  readonly onClose: () => void
}

function Existing({ app, name, onClose }: ExistingProps) {
  const { data, error, refetch } = useQuery(configQuery(app))
  if (data === undefined)
    return error === null ? <Skeleton rows={2} /> : <Failed error={error} retry={() => void refetch()} />
  return <Form app={app} name={name} value={data[name] ?? ''} names={[]} onClose={onClose} />
}

interface FormProps {
  readonly app: string
  /** null: a new one. */
  readonly name: string | null
  readonly value: string
  readonly names: readonly string[]
  readonly onClose: () => void
}

function Form({ app, name, value, names, onClose }: FormProps) {
  const [newName, setNewName] = useState('')
  const [newValue, setNewValue] = useState(value)
  const [tried, setTried] = useState(false)
  const change = useChangeConfig(app, onClose)
  const problem =
    name !== null
      ? null
      : !ConfigVarName.safeParse(newName).success
        ? words.badName
        : names.includes(newName)
          ? words.taken
          : null
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (problem === null) change.mutate({ [name ?? newName]: newValue })
  }
  return (
    <form className="form" onSubmit={submit}>
      {name === null && (
        <Field
          label={words.name}
          mono
          required
          maxLength={128}
          spellCheck={false}
          autoCapitalize="characters"
          problem={tried ? problem : null}
          value={newName}
          onChange={(event) => setNewName(event.target.value)}
        />
      )}
      <TextArea
        label={words.value}
        rows={3}
        value={newValue}
        onChange={(event) => setNewValue(event.target.value)}
      />
      <ModalActions>
        <Button onClick={onClose}>{strings.common.cancel}</Button>
        <Button type="submit" kind="primary" busy={change.isPending}>
          {strings.common.save}
        </Button>
      </ModalActions>
    </form>
  )
}

export function RemoveVar({ app, asked, onClose }: Omit<EditVarProps, 'names'>) {
  const name = asked?.what === 'remove' ? asked.name : null
  const change = useChangeConfig(app, onClose)
  return (
    <Modal
      open={name !== null}
      onClose={onClose}
      title={words.removeOf(name ?? '')}
      description={words.removeAbout}
    >
      <ModalActions>
        <Button onClick={onClose}>{strings.common.cancel}</Button>
        <Button
          kind="danger"
          icon="trash"
          busy={change.isPending}
          onClick={() => name !== null && change.mutate({ [name]: null })}
        >
          {words.remove}
        </Button>
      </ModalActions>
    </Modal>
  )
}
