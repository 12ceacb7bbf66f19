import type { CommandSpec } from '../../command.ts'

export const buildCommands: readonly CommandSpec[] = [
  {
    name: 'builds',
    summary: 'list builds, the newest first',
    app: true,
    options: [['-n, --num <count>', 'how many (default: 15)']],
    examples: ['builds'],
    load: async () => (await import('./list.ts')).listBuilds,
  },
  {
    name: 'builds:info',
    summary: 'show one build, or the newest',
    args: '[id]',
    app: true,
    examples: ['builds:info'],
    load: async () => (await import('./info.ts')).showBuild,
  },
  {
    name: 'builds:log',
    aliases: ['builds:output'],
    summary: 'show what a build printed, and follow it to its end',
    args: '[id]',
    app: true,
    examples: ['builds:log'],
    load: async () => (await import('./log.ts')).showBuildLog,
  },
  {
    name: 'builds:cancel',
    summary: 'cancel the running build; nothing of it stays',
    args: '[id]',
    app: true,
    examples: ['builds:cancel'],
    load: async () => (await import('./cancel.ts')).cancelBuild,
  },
  {
    name: 'builds:cache',
    summary: 'show what builds find again, with sizes',
    app: true,
    examples: ['builds:cache'],
    load: async () => (await import('./cache.ts')).listBuildCaches,
  },
  {
    name: 'builds:cache:purge',
    summary: 'drop the build caches; the next build starts from nothing',
    app: true,
    examples: ['builds:cache:purge'],
    load: async () => (await import('./purge-cache.ts')).purgeBuildCache,
  },
  {
    name: 'detect',
    summary: 'say how a folder would be built, and why',
    args: '[dir]',
    options: [
      ['--offline', 'do not ask registries for exact versions'],
      ['--explain', 'who was asked, what matched, and why not'],
      ['--root <folder>', 'the folder of the app in the repository'],
    ],
    examples: ['detect', 'detect ./shop --json', 'detect --explain --root apps/web'],
    load: async () => (await import('./detect.ts')).detect,
  },
]
