import type { CommandSpec } from '../../command.ts'

const wait = ['--no-wait', 'do not wait until the release is live'] as const

export const configCommands: readonly CommandSpec[] = [
  {
    name: 'config',
    aliases: ['config:list'],
    summary: 'show the config vars',
    app: true,
    options: [['-s, --shell', 'print NAME=value lines that a shell reads']],
    examples: ['config', 'config --shell > .env', 'config --json'],
    load: async () => (await import('./list.ts')).listConfig,
  },
  {
    name: 'config:get',
    summary: 'print the value of one config var',
    args: '<name>',
    app: true,
    examples: ['config:get DATABASE_URL'],
    load: async () => (await import('./get.ts')).getConfig,
  },
  {
    name: 'config:set',
    summary: 'set config vars and restart',
    args: '[vars...]',
    app: true,
    options: [['--from <file>', 'read NAME=value lines from a file, or from stdin with "-"'], wait],
    examples: [
      'config:set MODE=fast COLOUR=blue',
      'config:set --from .env',
      'config set MODE=fast --no-wait',
    ],
    load: async () => (await import('./set.ts')).setConfig,
  },
  {
    name: 'config:unset',
    aliases: ['config:remove'],
    summary: 'remove config vars and restart',
    args: '<names...>',
    app: true,
    options: [wait],
    examples: ['config:unset MODE COLOUR'],
    load: async () => (await import('./unset.ts')).unsetConfig,
  },
]
