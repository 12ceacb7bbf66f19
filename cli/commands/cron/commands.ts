import type { CommandSpec } from '../../command.ts'

export const cronCommands: readonly CommandSpec[] = [
  {
    name: 'cron',
    summary: 'show what runs at its times (UTC), with its next and last run',
    app: true,
    examples: ['cron', 'cron --json'],
    load: async () => (await import('./cron.ts')).listCron,
  },
  {
    name: 'cron:runs',
    summary: 'show what was due and what became of it',
    args: '[entry]',
    app: true,
    options: [['-n, --num <count>', 'how many (30)']],
    examples: ['cron:runs', 'cron:runs nightly -n 100'],
    load: async () => (await import('./cron.ts')).listRuns,
  },
  {
    name: 'cron:run',
    summary: 'run an entry now, besides its times',
    args: '<entry>',
    app: true,
    examples: ['cron:run nightly'],
    load: async () => (await import('./cron.ts')).runNow,
  },
]
