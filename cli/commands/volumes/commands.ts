import type { CommandSpec } from '../../command.ts'

const CONFIRM = ['-c, --confirm <name>', 'the volume’s name again, instead of a question'] as const

export const volumeCommands: readonly CommandSpec[] = [
  {
    name: 'volumes',
    summary: 'list the app’s disks with their snapshots',
    app: true,
    examples: ['volumes'],
    load: async () => (await import('./volumes.ts')).listVolumes,
  },
  {
    name: 'volumes:create',
    summary: 'make a disk that outlives the instances; one instance at a time has it',
    args: '<name>',
    app: true,
    options: [
      ['-s, --size <size>', 'e.g. 1GB or 512MB; all of it is taken at once'],
      ['-m, --mount <folder>', 'where instances see it, below /app'],
      ['-t, --type <type>', 'the process type that has it (default: web)'],
    ],
    examples: ['volumes:create data --size 1GB --mount /app/data'],
    load: async () => (await import('./volumes.ts')).createVolume,
  },
  {
    name: 'volumes:grow',
    summary: 'make a disk larger',
    args: '<name>',
    app: true,
    options: [['-s, --size <size>', 'the new size, e.g. 2GB']],
    examples: ['volumes:grow data --size 2GB'],
    load: async () => (await import('./volumes.ts')).growVolume,
  },
  {
    name: 'volumes:destroy',
    summary: 'destroy a disk with its snapshots',
    args: '<name>',
    app: true,
    options: [CONFIRM],
    examples: ['volumes:destroy data'],
    load: async () => (await import('./volumes.ts')).destroyVolume,
  },
  {
    name: 'volumes:snapshot',
    summary: 'keep a copy of a disk as it is now',
    args: '<name>',
    app: true,
    examples: ['volumes:snapshot data'],
    load: async () => (await import('./snapshots.ts')).takeSnapshot,
  },
  {
    name: 'volumes:restore',
    summary: 'put a snapshot in the place of what a disk holds; no instance may have it',
    args: '<name> <snapshot>',
    app: true,
    options: [CONFIRM],
    examples: ['volumes:restore data 20261122-013000'],
    load: async () => (await import('./snapshots.ts')).restoreSnapshot,
  },
  {
    name: 'volumes:snapshot:destroy',
    summary: 'destroy a snapshot',
    args: '<name> <snapshot>',
    app: true,
    examples: ['volumes:snapshot:destroy data 20261122-013000'],
    load: async () => (await import('./snapshots.ts')).removeSnapshot,
  },
]
