import semver from 'semver'
import type { Tool } from '../plan.ts'
import { type PlanContext, type Refusal, refuse, request } from '../provider.ts'
import { override } from '../settings.ts'
import { fromToolFiles, fromVersionFile } from '../tool-files.ts'
import type { Composer } from './composer.ts'

/** What nearly every app needs, and Debian packs apart from PHP itself. */
const USUAL = [
  'bcmath',
  'curl',
  'gd',
  'intl',
  'mbstring',
  'mysql',
  'opcache',
  'pgsql',
  'readline',
  'sqlite3',
  'xml',
  'zip',
]
/** Extensions on request: name → Debian's package without the version. */
const ON_REQUEST: Readonly<Record<string, string>> = {
  amqp: 'amqp',
  apcu: 'apcu',
  bz2: 'bz2',
  enchant: 'enchant',
  gmp: 'gmp',
  imagick: 'imagick',
  igbinary: 'igbinary',
  ldap: 'ldap',
  memcached: 'memcached',
  mongodb: 'mongodb',
  msgpack: 'msgpack',
  redis: 'redis',
  snmp: 'snmp',
  soap: 'soap',
  ssh2: 'ssh2',
  tidy: 'tidy',
  uuid: 'uuid',
  xsl: 'xml',
  yaml: 'yaml',
  zmq: 'zmq',
}

/** Debian's PHP with the extensions that the app names. Another line is refused rather than silently replaced. */
export function versions(
  { view, settings, manifest }: PlanContext,
  composer: Composer,
): { ok: true; tools: readonly Tool[] } | Refusal {
  const debian = manifest.defaults['debian'] ?? ''
  const set = override(settings, 'SKYPANEL_PHP_VERSION', 'PHP_VERSION')
  const declared = (set === null ? null : { text: set.value, from: set.name }) ??
    (composer.php === null ? null : { text: composer.php, from: 'composer.json#require.php' }) ??
    fromVersionFile(view, '.php-version') ??
    fromToolFiles(view, 'php') ?? { text: '*', from: 'default' }
  const range = rangeOf(declared.text)
  if (range === null)
    return refuse(
      `${declared.from} asks for PHP "${declared.text.slice(0, 60)}", which is no version`,
      `Write it as in \`^${debian}\`.`,
    )
  // Exact patch levels mean the line: Debian's has the fixes since.
  const line = /^\d+\.\d+\.\d+$/.test(range) ? `~${range}` : range
  if (!semver.intersects(line, `~${debian}.0`)) {
    return refuse(
      `${declared.from} asks for PHP ${declared.text}, and this platform has PHP ${debian}`,
      `Allow it (\`"php": "^${debian}"\`, then \`composer update --lock\`); no other can be had on this platform.`,
    )
  }
  const asked = [...composer.extensions].flatMap((name) =>
    Object.hasOwn(ON_REQUEST, name) ? [ON_REQUEST[name]] : [],
  )
  const extensions = [...new Set([...USUAL, ...asked])].filter((one) => one !== undefined).sort()
  const php = request({
    name: 'php',
    want: declared.text,
    from: declared.from,
    version: debian,
    source: 'debian',
    phase: ['build', 'run'],
    layer: {
      suite: null,
      packages: [`php${debian}-cli`, `php${debian}-fpm`, ...extensions.map((one) => `php${debian}-${one}`)],
    },
  })
  const tool = request({
    name: 'composer',
    want: '*',
    from: 'default',
    source: 'debian',
    phase: ['build'],
    layer: { suite: null, packages: ['composer'] },
  })
  return { ok: true, tools: composer.used ? [php, tool] : [php] }
}

/** Composer's ranges as semver's: `^8.1`, `~8.2.0`, `>=8.1 <8.5`, `8.1.*|8.2.*`; null when it is none. */
export function rangeOf(text: string): string | null {
  const range = text
    .split(/\s*\|\|?\s*/)
    .map((part) =>
      part
        .replaceAll(',', ' ')
        .replaceAll(/@\w+/g, '')
        // Composer's ~8.1 allows 8.x, semver's only 8.1.x.
        .replaceAll(/~(\d+)\.(\d+)(?![.\d])/g, '^$1.$2')
        .trim(),
    )
    .join(' || ')
  return semver.validRange(range) === null ? null : range
}
