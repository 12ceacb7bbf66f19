import type { CommandSpec } from '../../command.ts'

export const processCommands: readonly CommandSpec[] = [
  {
    name: 'ps',
    summary: 'show processes and what they are doing',
    args: '[type]',
    app: true,
    examples: ['ps', 'ps worker', 'ps --json'],
    load: async () => (await import('./list.ts')).listProcesses,
  },
  {
    name: 'scale',
    aliases: ['ps:scale'],
    summary: 'change how many instances run, without arguments show it',
    args: '[quantities...]',
    app: true,
    examples: ['scale web=2 worker=1', 'scale web+1', 'scale web=2:standard-1x'],
    load: async () => (await import('./scale.ts')).scale,
  },
  {
    name: 'ps:exec',
    summary: 'run a command, or a shell, inside a running instance (options come before it)',
    args: '[words...]',
    app: true,
    json: false,
    passThrough: true,
    options: [
      ['-d, --dyno <instance>', 'the instance, e.g. web.2; else the first word names it, else the first web'],
      ['--no-tty', 'no terminal, even where there is one'],
    ],
    examples: ['ps:exec', 'ps:exec web.2', 'ps:exec worker.1 -- ls -l', "ps:exec -- 'ps | grep node'"],
    load: async () => (await import('./exec.ts')).execInside,
  },
  {
    name: 'restart',
    aliases: ['ps:restart'],
    summary: 'replace instances by new ones, without a gap',
    args: '[process]',
    app: true,
    options: [['--no-wait', 'do not wait until the new ones are up']],
    examples: ['restart', 'restart web', 'restart web.1'],
    load: async () => (await import('./restart.ts')).restart,
  },
]
