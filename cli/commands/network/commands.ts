import type { CommandSpec } from '../../command.ts'

export const networkCommands: readonly CommandSpec[] = [
  {
    name: 'egress',
    summary: 'show where the app’s instances may open connections to',
    app: true,
    examples: ['egress'],
    load: async () => (await import('./egress.ts')).showEgress,
  },
  {
    name: 'egress:set',
    summary: 'open, restrict or close it: open, registries, none, or allow with hosts and networks',
    args: '<policy> [targets...]',
    app: true,
    examples: [
      'egress:set none',
      'egress:set registries',
      'egress:set allow api.example.com:443 198.51.100.0/24',
      'egress:set open',
    ],
    load: async () => (await import('./egress.ts')).setEgress,
  },
  {
    name: 'links',
    summary: 'list the apps that this one may call',
    app: true,
    examples: ['links'],
    load: async () => (await import('./links.ts')).listLinks,
  },
  {
    name: 'links:add',
    summary: 'let the app call the web instances of another one',
    args: '<other>',
    app: true,
    examples: ['links:add stock'],
    load: async () => (await import('./links.ts')).addLink,
  },
  {
    name: 'links:remove',
    summary: 'close the way to another app',
    args: '<other>',
    app: true,
    examples: ['links:remove stock'],
    load: async () => (await import('./links.ts')).removeLink,
  },
]
