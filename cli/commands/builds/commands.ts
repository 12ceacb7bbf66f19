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
    name: 'builds:create',
    summary: 'build and deploy a folder, an archive or a git repository elsewhere',
    app: true,
    options: [
      ['--dir <folder>', 'the folder to upload (default: this one)'],
      ['--archive <file>', 'a tar archive to upload instead, plain or gzip'],
      [
        '--git <url>',
        'an https address that the platform fetches instead; a token may stand in SKYPANEL_GIT_TOKEN',
      ],
      ['--ref <name>', 'branch, tag or whole commit id of --git (default: its HEAD)'],
      ['--label <text>', 'what the release is called; for a folder its commit by default'],
      ['--no-wait', 'do not follow it'],
    ],
    examples: [
      'builds:create --dir ./shop',
      'builds:create --git https://git.example.com/me/shop.git --ref v2',
    ],
    load: async () => (await import('./create.ts')).createBuild,
  },
  {
    name: 'deploy',
    summary: 'build and deploy a folder as it is, without git',
    args: '[dir]',
    app: true,
    options: [
      ['--label <text>', 'what the release is called; the commit of the folder by default'],
      ['--no-wait', 'do not follow it'],
    ],
    examples: ['deploy', 'deploy ./shop --app my-shop'],
    load: async () => (await import('./create.ts')).deployFolder,
  },
  {
    name: 'builds:rebuild',
    summary: 'build what serves, or an earlier build, once more and deploy it',
    args: '[id]',
    app: true,
    options: [
      ['--upgrade', 'with the newest tools that the app asks for, not those of the last build'],
      ['--no-wait', 'do not follow it'],
    ],
    examples: ['builds:rebuild', 'builds:rebuild --upgrade'],
    load: async () => (await import('./rebuild.ts')).rebuild,
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
