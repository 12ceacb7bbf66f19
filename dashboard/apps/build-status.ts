import type { Build, Deployment, Release } from '../../server/contract/releases.ts'
import type { Status } from '../design/status.ts'
import { strings } from '../strings.ts'

const BUILD_TONES = {
  pending: 'idle',
  running: 'busy',
  succeeded: 'good',
  failed: 'bad',
  canceled: 'idle',
} as const
const WORK_TONES = {
  queued: 'idle',
  running: 'busy',
  succeeded: 'good',
  failed: 'bad',
  canceled: 'idle',
} as const
const RELEASE_TONES = { pending: 'busy', live: 'good', superseded: 'idle', failed: 'bad' } as const

export function buildStatus({ state, release }: Pick<Build, 'state' | 'release'>): Status {
  // A build whose release never came about was rejected later, by its release phase or its first instance.
  const text =
    state === 'succeeded' && release === null ? strings.buildState.built : strings.buildState[state]
  return { tone: BUILD_TONES[state], text }
}

export const workStatus = ({ state }: Pick<Deployment, 'state'>): Status => ({
  tone: WORK_TONES[state],
  text: strings.workState[state],
})

export const releaseStatus = ({ state }: Pick<Release, 'state'>): Status => ({
  tone: RELEASE_TONES[state],
  text: strings.releaseState[state],
})
