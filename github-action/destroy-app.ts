import { z } from 'zod'
import { appEndpoints } from '../server/contract/apps.ts'
import { isMissing } from './find-app.ts'
import type { Step } from './step.ts'

/** Destroys the app. False when there is none: what a clean-up wants is so already. */
export async function destroyApp({ api, inputs: { app } }: Step): Promise<boolean> {
  try {
    await api.call(
      appEndpoints.destroy,
      { params: { app }, query: { confirm: app } },
      z.object({ name: z.string() }),
    )
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}
