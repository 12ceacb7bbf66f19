import type { CommandSpec } from '../../command.ts'

const steer = (how: 'pause' | 'resume' | 'promote' | 'abort', summary: string): CommandSpec => ({
  name: `deploys:${how}`,
  summary,
  args: '[deployment]',
  app: true,
  examples: [`deploys:${how}`],
  load: async () => (await import('./steer.ts')).steer(how),
})

export const deployCommands: readonly CommandSpec[] = [
  {
    name: 'deploys',
    summary: 'list work on the app, the newest first',
    app: true,
    options: [['-n, --num <count>', 'how many (default: 15)']],
    examples: ['deploys', 'deploys --json'],
    load: async () => (await import('./list.ts')).listDeploys,
  },
  {
    name: 'deploys:strategy',
    summary: 'choose how a release takes the place of the one before, without arguments show it',
    args: '[strategy]',
    app: true,
    options: [
      ['--max-surge <count>', 'instances above the quantity meanwhile; "auto" for one or a quarter'],
      ['--max-unavailable <count>', 'ready instances below the quantity meanwhile'],
      ['--keep <seconds>', 'blue-green: how long the old instances stay up for a rollback'],
      ['--canary-share <percent>', 'canary: share of the instances'],
      [
        '--canary-time <seconds>',
        'canary: after how long the rest follows; "none" for deploys:promote alone',
      ],
      [
        '--watch <seconds>',
        'three crashes within so long after a release went live bring back the one before',
      ],
    ],
    examples: [
      'deploys:strategy',
      'deploys:strategy recreate',
      'deploys:strategy blue-green --keep 600',
      'deploys:strategy canary --canary-share 20 --canary-time none',
      'deploys:strategy --watch 300',
    ],
    load: async () => (await import('./strategy.ts')).strategy,
  },
  steer('pause', 'let a deployment stay as it is'),
  steer('resume', 'let a paused deployment go on'),
  steer('promote', 'let the rest follow the canaries'),
  steer('abort', 'give a deployment up; what served before goes on serving'),
]
