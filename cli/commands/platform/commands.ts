import type { CommandSpec } from '../../command.ts'

export const platformCommands: readonly CommandSpec[] = [
  {
    name: 'status',
    summary: 'show the state of the platform itself',
    examples: ['status', 'status --json'],
    load: async () => (await import('./status.ts')).showStatus,
  },
  {
    name: 'completion',
    summary: 'print a completion script for bash, zsh or fish',
    args: '<shell>',
    json: false,
    examples: ['completion bash > /etc/bash_completion.d/skypanel'],
    load: async () => (await import('./completion.ts')).completion,
  },
]
