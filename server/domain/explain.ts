import type { Why } from './rollout-model.ts'

const REASONS: Readonly<Record<Why, string>> = {
  'new-release': 'the release is rolled out',
  missing: 'fewer run than are wanted',
  'old-capacity': 'what serves has to go on serving beside the new release',
  again: 'the order is given again',
  switch: 'it is up, and its turn has come',
  replaced: 'a new one serves in its place',
  'makes-room': 'it makes room for a new one',
  'too-many': 'more run than are wanted',
  'not-wanted': 'nothing of its kind is wanted any more',
  drained: 'its open requests had their time',
  overdue: 'it did not stop by itself',
  ended: 'it has ended',
}

const isWhy = (value: unknown): value is Why => typeof value === 'string' && Object.hasOwn(REASONS, value)

/** One line of the journal as people read it; null: of no interest to them. Lines of older versions say less. */
export function explainEvent(step: string, detail: Readonly<Record<string, unknown>>): string | null {
  const text = (key: string) => (typeof detail[key] === 'string' ? detail[key] : null)
  const release = typeof detail['release'] === 'number' ? ` of v${detail['release']}` : ''
  const name = text('name')
  const who = name === null ? 'An instance' : `${name}${release}`
  const why = isWhy(detail['why']) ? `: ${REASONS[detail['why']]}` : ''
  const by = text('by') ?? 'somebody'
  switch (step) {
    case 'start':
      return `Another ${text('type') ?? 'instance'}${release} is started${why}`
    case 'route':
      return `${who} comes into routing${why}`
    case 'drain':
      return `${who} leaves routing${why}`
    case 'stop':
      return `${who} is stopped${why}`
    case 'kill':
      return `${who} is killed${why}`
    case 'forget':
      return detail['wanted'] === false ? `${who}: ${text('exit') ?? 'ended'}` : null
    case 'take-back':
      return 'Instances that were kept serve again, without a start'
    case 'hold':
      return 'The canaries are ready; the rest waits for their promotion'
    case 'promote':
      return 'The canaries were ready for as long as was asked: the rest follows'
    case 'promoted':
      return `Promoted by ${by}`
    case 'paused':
      return `Paused by ${by}`
    case 'resumed':
      return `Resumed by ${by}`
    case 'aborted':
      return `Aborted by ${by}`
    case 'complete':
      return 'Everything that is wanted of it is ready: it is live'
    case 'abandon':
      return `Given up: ${text('reason') ?? 'it did not become ready'}`
    case 'back-out':
      return `Asked for by the platform: ${text('reason') ?? 'the release before it failed'}`
    case 'reject':
      return text('reason')
    case 'build':
      return 'Building'
    case 'release-phase':
      return 'The release command has its turn'
    case 'rollout':
      return 'The rollout begins'
    default:
      return null
  }
}
