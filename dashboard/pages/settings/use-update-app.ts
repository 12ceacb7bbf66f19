import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type App, appEndpoints } from '../../../server/contract/apps.ts'
import type { BodyOf } from '../../../server/contract/endpoint.ts'
import { call } from '../../api/call.ts'
import { appQuery } from '../../api/queries.ts'
import { tellDone, tellFailure } from '../../design/toasts.tsx'
import { strings } from '../../strings.ts'

export function useUpdateApp(app: App, told: (app: App) => string) {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (body: BodyOf<typeof appEndpoints.update>) =>
      call(appEndpoints.update, { params: { app: app.name }, body }),
    onSuccess: (updated) => {
      cache.setQueryData(appQuery(app.name).queryKey, updated)
      tellDone(told(updated))
    },
    onError: (error) => tellFailure(strings.settings.notSaved, error),
  })
}
