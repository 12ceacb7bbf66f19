import type { CommandSpec } from '../../command.ts'

export const releaseCommands: readonly CommandSpec[] = [
  {
    name: 'releases',
    summary: 'list releases, the newest first',
    app: true,
    options: [['-n, --num <count>', 'how many (default: 15)']],
    examples: ['releases', 'releases --num 50'],
    load: async () => (await import('./list.ts')).listReleases,
  },
  {
    name: 'releases:info',
    summary: 'show one release',
    args: '<version>',
    app: true,
    examples: ['releases:info v3'],
    load: async () => (await import('./info.ts')).showRelease,
  },
  {
    name: 'releases:sbom',
    summary: 'print what a release holds, as a CycloneDX document',
    args: '[version]',
    app: true,
    json: false,
    examples: ['releases:sbom', 'releases:sbom v3 > sbom.json'],
    load: async () => (await import('./sbom.ts')).printBom,
  },
  {
    name: 'rollback',
    aliases: ['releases:rollback'],
    summary: 'go back to an older release: code, config and process types',
    args: '[version]',
    app: true,
    options: [
      ['--formation', 'its quantities as well'],
      ['--no-wait', 'do not wait until it is live'],
    ],
    examples: ['rollback', 'rollback v3'],
    load: async () => (await import('./rollback.ts')).rollback,
  },
]
