import type { CommandSpec } from '../../command.ts'

const size = ['-s, --size <size>', 'size of the instance, e.g. standard-2x'] as const
const env = ['-e, --env <vars>', 'further variables: "NAME=value;OTHER=value"'] as const

export const runCommands: readonly CommandSpec[] = [
  {
    name: 'run',
    summary: 'run a command in an instance of its own (options come before it)',
    args: '<command...>',
    app: true,
    passThrough: true,
    options: [
      ['-d, --detached', 'do not attach; print the name of the instance'],
      ['--no-tty', 'no terminal, even where there is one'],
      env,
      size,
    ],
    examples: ['run node -v', 'run --app my-shop bash', "run 'env | sort'", 'run --detached node import.js'],
    load: async () => (await import('./run.ts')).runAttached,
  },
  {
    name: 'run:detached',
    summary: 'run a command without attaching to it',
    args: '<command...>',
    app: true,
    passThrough: true,
    options: [env, size],
    examples: ['run:detached node import.js'],
    load: async () => (await import('./run.ts')).runDetached,
  },
]
