import { useMutation, useQueryClient } from '@tanstack/react-query'
import { configVarEndpoints } from '../../../server/contract/config-vars.ts'
import { call } from '../../api/call.ts'
import { keys } from '../../api/queries.ts'
import { tellDone, tellFailure } from '../../design/toasts.tsx'
import { strings } from '../../strings.ts'

const words = strings.config

/** Sets vars, unsets those given as null. `onDone` runs once the platform has them; instances follow by themselves. */
export function useChangeConfig(app: string, onDone: () => void) {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: (patch: Readonly<Record<string, string | null>>) =>
      call(configVarEndpoints.patch, { params: { app }, body: patch }),
    onSuccess: ({ release }) => {
      tellDone(words.saved(release))
      void cache.invalidateQueries({ queryKey: keys.topic(app, 'config-vars') })
      onDone()
    },
    onError: (error) => tellFailure(words.notSaved, error),
  })
}
