import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { type Formation, formationEndpoints, MAX_QUANTITY } from '../../../server/contract/formation.ts'
import { call } from '../../api/call.ts'
import { formationQuery } from '../../api/queries.ts'
import { IconButton } from '../../design/button.tsx'
import { tellDone, tellFailure } from '../../design/toasts.tsx'
import { strings } from '../../strings.ts'

const words = strings.overview
/** Who clicks three times means one change by three. */
const SETTLE_MS = 500

export function Scale({ app, formation }: { readonly app: string; readonly formation: Formation }) {
  const { type, quantity } = formation
  const cache = useQueryClient()
  const [wish, setWish] = useState<number | null>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const scale = useMutation({
    mutationFn: (wanted: number) =>
      call(formationEndpoints.scale, { params: { app }, body: { updates: [{ type, quantity: wanted }] } }),
    onSuccess: (updated, wanted) => {
      cache.setQueryData(formationQuery(app).queryKey, (before) =>
        before?.map((record) => updated.find((one) => one.type === record.type) ?? record),
      )
      tellDone(words.scaled(type, wanted))
    },
    onError: (error) => tellFailure(words.notScaled(type), error),
    onSettled: () => setWish(null),
  })
  useEffect(() => () => clearTimeout(timer.current), [])
  const shown = wish ?? quantity
  const change = (by: number) => {
    const wanted = Math.min(MAX_QUANTITY, Math.max(0, shown + by))
    setWish(wanted)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => scale.mutate(wanted), SETTLE_MS)
  }
  return (
    <div className="scale" role="group" aria-label={type}>
      <IconButton
        icon="minus"
        label={words.fewer(type)}
        small
        disabled={shown === 0 || scale.isPending}
        onClick={() => change(-1)}
      />
      <output className={wish === null ? 'number' : 'number scale-wish'}>{shown}</output>
      <IconButton
        icon="plus"
        label={words.more(type)}
        small
        disabled={shown === MAX_QUANTITY || scale.isPending}
        onClick={() => change(1)}
      />
    </div>
  )
}
