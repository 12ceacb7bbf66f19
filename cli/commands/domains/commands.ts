import type { CommandSpec } from '../../command.ts'

export const domainCommands: readonly CommandSpec[] = [
  {
    name: 'domains',
    summary: 'list the host names that reach the app',
    app: true,
    examples: ['domains'],
    load: async () => (await import('./domains.ts')).listDomains,
  },
  {
    name: 'domains:add',
    summary: 'let a host name reach the app',
    args: '<hostname>',
    app: true,
    examples: ['domains:add www.example.com'],
    load: async () => (await import('./domains.ts')).addDomain,
  },
  {
    name: 'domains:remove',
    summary: 'stop serving a host name',
    args: '<hostname>',
    app: true,
    examples: ['domains:remove www.example.com'],
    load: async () => (await import('./domains.ts')).removeDomain,
  },
]
