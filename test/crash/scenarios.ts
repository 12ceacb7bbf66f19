import type { CrashPoint } from '../../server/deploy/crash-points.ts'

/** `:n` is the n-th time that a point is passed, where it is not the first. */
export type Point = CrashPoint | `${CrashPoint}:${number}`

export const SCENARIOS = [
  'deploy',
  'upload',
  'failing deploy',
  'scale up',
  'scale down',
  'config',
  'rollback',
  'destroy',
] as const
export type Scenario = (typeof SCENARIOS)[number]

/** How the strategies differ; nothing in them is another one for real instances. */
export const STRATEGY_SCENARIOS = ['switch', 'way back', 'back out'] as const
export type AnyScenario = Scenario | (typeof STRATEGY_SCENARIOS)[number]
export const ALL_SCENARIOS: readonly AnyScenario[] = [...SCENARIOS, ...STRATEGY_SCENARIOS]

const STARTS = ['start.journaled', 'launch.done'] as const
const STOPS = [
  'drain.journaled',
  'drain.done',
  'stop.journaled',
  'stop.done',
  'forget.journaled',
  'forget.done',
] as const
const step = <Name extends string>(...names: Name[]) =>
  names.flatMap((name) => [`${name}.entered`, `${name}.done`] as const)

/** Every point of the journal that each of them passes. */
export const scenarios: Readonly<Record<AnyScenario, readonly Point[]>> = {
  deploy: [
    'push.taken',
    ...step('export', 'plan', 'build', 'release', 'release-phase', 'rollout'),
    ...STARTS,
    // The first that is launched is the release command.
    'launch.done:2',
    'complete.journaled',
    ...step('ref', 'finish'),
    ...STOPS,
  ],
  // What it does not share with a push is how its code comes, and that it moves no branch.
  upload: [...step('fetch', 'export', 'plan', 'build', 'release', 'rollout', 'ref', 'finish')],
  'failing deploy': [...STARTS, 'abandon.journaled', 'reject.journaled', 'forget.journaled', 'forget.done'],
  'scale up': [...STARTS, 'wishes.done'],
  'scale down': [...STOPS, 'wishes.done'],
  config: [...step('turn', 'rollout', 'finish'), ...STARTS, 'complete.journaled', ...STOPS],
  rollback: [...step('turn', 'rollout', 'finish'), ...STARTS, 'complete.journaled', ...STOPS],
  // What the strategies do not share with the others.
  switch: ['start.journaled', 'route.journaled', 'route.done', 'complete.journaled', 'drain.journaled'],
  'way back': ['rollout.entered', 'route.journaled', 'route.done', 'complete.journaled'],
  'back out': ['back-out.journaled', 'turn.done', 'complete.journaled'],
  destroy: [
    ...step('stop-all', 'forget-builds', 'forget-node', 'forget-repo', 'forget-logs', 'remove'),
    ...STOPS,
  ],
}

/** `SKYPANEL_CRASH_AT` that stops the server at the point instead of ending it. */
export const stopAt = (point: Point) => `${point.includes(':') ? point : `${point}:1`}:stop`
