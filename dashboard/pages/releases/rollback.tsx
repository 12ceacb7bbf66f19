import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { releaseEndpoints } from '../../../server/contract/releases.ts'
import { call } from '../../api/call.ts'
import { keys, previewQuery } from '../../api/queries.ts'
import { Failed, Notice, Skeleton } from '../../design/blocks.tsx'
import { Button } from '../../design/button.tsx'
import { Modal, ModalActions } from '../../design/modal.tsx'
import { tellDone, tellFailure } from '../../design/toasts.tsx'
import { strings } from '../../strings.ts'
import { Preview } from './preview.tsx'
import './releases.css'

const words = strings.releases

interface RollbackProps {
  readonly app: string
  /** null: nothing was asked for. */
  readonly version: number | null
  readonly onClose: () => void
}

/** Says what would change before anything does. */
export function Rollback({ app, version, onClose }: RollbackProps) {
  return (
    <Modal open={version !== null} onClose={onClose} title={words.rollbackTo(version ?? 0)} wide>
      {version !== null && <Question app={app} version={version} onClose={onClose} />}
    </Modal>
  )
}

function Question({ app, version, onClose }: RollbackProps & { readonly version: number }) {
  const cache = useQueryClient()
  const { data: preview, error, refetch } = useQuery(previewQuery(app, version))
  const [formation, setFormation] = useState(false)
  const rollback = useMutation({
    mutationFn: () => call(releaseEndpoints.rollback, { params: { app }, body: { version, formation } }),
    onSuccess: ({ release }) => {
      tellDone(words.begun(release.version))
      void cache.invalidateQueries({ queryKey: keys.all(app) })
      onClose()
    },
    onError: (failure) => tellFailure(words.failed, failure),
  })
  if (preview === undefined)
    return error === null ? <Skeleton rows={3} /> : <Failed error={error} retry={() => void refetch()} />
  return (
    <div className="stack">
      <p className="soft">{words.dialogAbout(preview.from, preview.to)}</p>
      {preview.refusal !== null && <Notice tone="bad">{preview.refusal}</Notice>}
      <Preview preview={preview} />
      {preview.formation.length > 0 && (
        <label className="also">
          <input
            type="checkbox"
            checked={formation}
            onChange={(event) => setFormation(event.target.checked)}
          />
          {words.alsoQuantities}
        </label>
      )}
      <ModalActions>
        <Button onClick={onClose}>{strings.common.cancel}</Button>
        <Button
          kind="primary"
          icon="rollback"
          busy={rollback.isPending}
          disabled={preview.refusal !== null}
          onClick={() => rollback.mutate()}
        >
          {words.rollbackTo(version)}
        </Button>
      </ModalActions>
    </div>
  )
}
