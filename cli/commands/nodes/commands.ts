import type { CommandSpec } from '../../command.ts'

export const nodeCommands: readonly CommandSpec[] = [
  {
    name: 'nodes',
    summary: 'show the machines: what they have, what is promised, what is used',
    examples: ['nodes', 'nodes --json'],
    load: async () => (await import('./nodes.ts')).listNodes,
  },
  {
    name: 'nodes:cordon',
    summary: 'place nothing new on a node; what runs goes on',
    args: '<node>',
    examples: ['nodes:cordon local'],
    load: async () => (await import('./nodes.ts')).cordon,
  },
  {
    name: 'nodes:uncordon',
    summary: 'place instances on a node again',
    args: '<node>',
    examples: ['nodes:uncordon local'],
    load: async () => (await import('./nodes.ts')).uncordon,
  },
]
