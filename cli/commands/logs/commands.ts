import type { CommandSpec } from '../../command.ts'

export const logCommands: readonly CommandSpec[] = [
  {
    name: 'logs',
    summary: 'show what the app and the platform print',
    app: true,
    options: [
      ['-t, --tail', 'go on with what comes'],
      ['-n, --num <lines>', 'how many lines to begin with (default: 100)'],
      ['-p, --process <name>', 'of one process type or instance only: web, web.1, router'],
      ['-s, --source <source>', 'app or skypanel'],
    ],
    examples: ['logs', 'logs --tail', 'logs --num 500 --process web.1', 'logs --tail --json'],
    load: async () => (await import('./show.ts')).showLogs,
  },
]
