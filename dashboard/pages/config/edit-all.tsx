import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ConfigVars } from '../../../server/contract/config-vars.ts'
import { configQuery } from '../../api/queries.ts'
import { Failed, Skeleton } from '../../design/blocks.tsx'
import { Button } from '../../design/button.tsx'
import { Change } from '../../design/change.tsx'
import { TextArea } from '../../design/field.tsx'
import { Modal, ModalActions } from '../../design/modal.tsx'
import { strings } from '../../strings.ts'
import { diffEnv, formatEnv, parseEnv } from './dotenv.ts'
import { useChangeConfig } from './use-change-config.ts'

const words = strings.config

interface EditAllProps {
  readonly app: string
  readonly open: boolean
  readonly onClose: () => void
}

/** All vars as one text; what saving it would change is shown before it is saved. */
export function EditAll({ app, open, onClose }: EditAllProps) {
  return (
    <Modal open={open} onClose={onClose} title={words.bulkTitle} description={words.bulkAbout} wide>
      {open && <Load app={app} onClose={onClose} />}
    </Modal>
  )
}

function Load({ app, onClose }: Omit<EditAllProps, 'open'>) {
  const { data, error, refetch, isFetchedAfterMount } = useQuery({
    ...configQuery(app),
    refetchOnMount: 'always',
  })
  if (data === undefined || !isFetchedAfterMount)
    return error === null ? <Skeleton rows={4} /> : <Failed error={error} retry={() => void refetch()} />
  return <Editor app={app} before={data} onClose={onClose} />
}

interface EditorProps {
  readonly app: string
  readonly before: ConfigVars
  readonly onClose: () => void
}

function Editor({ app, before: first, onClose }: EditorProps) {
  // What somebody else changes meanwhile is not taken for a change of ours.
  const [before] = useState(first)
  const [text, setText] = useState(() => formatEnv(first))
  const [reviewing, setReviewing] = useState(false)
  const change = useChangeConfig(app, onClose)
  const parsed = parseEnv(text)
  const diff = diffEnv(before, parsed.vars)
  const count = diff.added.length + diff.changed.length + diff.removed.length
  if (reviewing)
    return (
      <>
        <div className="review">
          {diff.added.map((name) => (
            <Change key={name} sign="+" text={`${name}=${shortened(parsed.vars.get(name))}`} />
          ))}
          {diff.changed.map((name) => (
            <Change
              key={name}
              sign="~"
              text={`${name}=${shortened(before[name])} → ${shortened(parsed.vars.get(name))}`}
            />
          ))}
          {diff.removed.map((name) => (
            <Change key={name} sign="−" text={name} />
          ))}
        </div>
        <ModalActions>
          <Button onClick={() => setReviewing(false)}>{words.bulkBack}</Button>
          <Button kind="primary" busy={change.isPending} onClick={() => change.mutate(diff.patch)}>
            {words.bulkSave(count)}
          </Button>
        </ModalActions>
      </>
    )
  const [problem] = parsed.problems
  return (
    <>
      <TextArea
        label={words.bulkTitle}
        labelHidden
        value={text}
        onChange={(event) => setText(event.target.value)}
        problem={problem === undefined ? null : words.problems[problem.problem](problem.line, problem.name)}
      />
      <ModalActions>
        {count === 0 && <span className="faint review-same">{words.bulkSame}</span>}
        <Button onClick={onClose}>{strings.common.cancel}</Button>
        <Button
          kind="primary"
          disabled={problem !== undefined || count === 0}
          onClick={() => setReviewing(true)}
        >
          {words.bulkNext}
        </Button>
      </ModalActions>
    </>
  )
}

const shortened = (value = ''): string => (value.length > 200 ? `${value.slice(0, 200)}…` : value)
