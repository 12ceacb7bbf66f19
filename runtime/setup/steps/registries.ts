import { createHash } from 'node:crypto'
import { access, readdir, readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Registries } from '../../../buildpacks/registries.ts'
import { recordableEnv } from '../../consul/config.ts'
import { tryRun } from '../../exec.ts'
import { debianArchives, imagesOf, parseAptSources, pipRegistry } from '../client-registries.ts'
import type { Step } from '../plan.ts'
import type { SetupContext } from '../setup-context.ts'
import { hasStamp, stamp, writeWhole } from '../stamp.ts'

const textOf = async (path: string) => await readFile(path, 'utf8').catch(() => null)
const present = (text: string | null): text is string => text !== null

const PIP_FILES = () => [
  '/etc/pip.conf',
  join(homedir(), '.pip', 'pip.conf'),
  join(homedir(), '.config', 'pip', 'pip.conf'),
]
const NPM_FILES = () => ['/etc/npmrc', '/usr/etc/npmrc', '/usr/local/etc/npmrc', join(homedir(), '.npmrc')]
const VARIABLES = [
  'npm_config_registry',
  'NPM_CONFIG_REGISTRY',
  'PIP_INDEX_URL',
  'PIP_EXTRA_INDEX_URL',
  'PIP_CONFIG_FILE',
  'GOPROXY',
  'GOSUMDB',
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
  'SKYPANEL_CA_BUNDLE',
  'SKYPANEL_IMAGE_ALIASES',
  'SKYPANEL_IMAGE_REGISTRIES',
]

/** Not said this time means: as before, like every other option. */
async function recordConsulEnv(env: SetupContext['env'], file: string): Promise<void> {
  const found = recordableEnv(env)
  const before = await textOf(file)
  if (Object.keys(found).length > 1 || before === null)
    await writeWhole(file, `${JSON.stringify(found, null, 2)}\n`, 0o600)
}

/** A proxy's address may hold a password, and everybody can read a stamp. */
const digest = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16)

async function aptFiles(): Promise<string[]> {
  const folder = '/etc/apt/sources.list.d'
  const names = (await readdir(folder).catch(() => []))
    .filter((name) => /\.(list|sources)$/.test(name))
    .sort()
  return ['/etc/apt/sources.list', ...names.map((name) => join(folder, name))]
}

/** Everything that the answer depends on, cheap to read; asking npm itself takes a third of a second. */
async function facts(env: SetupContext['env']): Promise<string> {
  const files = [
    ...(await aptFiles()),
    ...PIP_FILES(),
    ...NPM_FILES(),
    env['PIP_CONFIG_FILE'] ?? '',
    join(homedir(), '.config', 'go', 'env'),
  ]
  const seen = await Promise.all(
    files.map(async (file) => (await stat(file).catch(() => null))?.mtimeMs ?? 0),
  )
  const names = [...VARIABLES, ...Object.keys(recordableEnv(env)).filter((name) => name !== 'PATH')].sort()
  return JSON.stringify([3, seen, names.map((name) => [name, digest(env[name] ?? '')])])
}

async function aptArchives(): Promise<Registries['apt']> {
  const files = await aptFiles()
  const read = async (ending: string) =>
    (await Promise.all(files.filter((file) => file.endsWith(ending)).map(textOf))).filter(present)
  const release = (await textOf('/etc/os-release')) ?? ''
  const codename = /^VERSION_CODENAME=(.+)$/m.exec(release)?.[1] ?? 'stable'
  const found = debianArchives(parseAptSources(await read('.list'), await read('.sources')), codename)
  if (found === null) {
    throw new Error(
      `apt on this machine has no source for ${codename} main, from which the stacks are made. Add one to /etc/apt/sources.list; SkyPanel runs on Debian 12 and 13.`,
    )
  }
  return found
}

async function npmRegistry(env: SetupContext['env']): Promise<string> {
  const clean = Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  const ran = await tryRun(['npm', 'config', 'get', 'registry'], { cwd: '/', env: clean })
  const registry = ran.stdout.trim()
  if (ran.code !== 0 || !URL.canParse(registry))
    throw new Error(
      `npm does not say which registry it uses (npm config get registry): ${ran.stderr.trim().slice(-300)}`,
    )
  return registry
}

async function goSettings(env: SetupContext['env']): Promise<Registries['go']> {
  const file = (await textOf(join(homedir(), '.config', 'go', 'env'))) ?? ''
  const own = await goDefaults()
  const setting = (name: string) =>
    env[name] || new RegExp(`^${name}=(.+)$`, 'm').exec(file)?.[1] || own[name] || null
  return { proxy: setting('GOPROXY'), sumdb: setting('GOSUMDB') }
}

/** What an installed Go was shipped with; nothing without one. */
async function goDefaults(): Promise<Record<string, string>> {
  const roots = ['/usr/local/go', '/usr/lib/go']
  const texts = await Promise.all(roots.map((root) => textOf(join(root, 'go.env'))))
  const lines = texts.filter(present).flatMap((text) => text.split('\n'))
  return Object.fromEntries(
    lines.flatMap((line) => {
      const match = /^([A-Z]+)=(.+)$/.exec(line)
      return match?.[1] === undefined || match[2] === undefined ? [] : [[match[1], match[2]]]
    }),
  )
}

async function caBundle(env: SetupContext['env']): Promise<string> {
  const candidates = [
    env['SKYPANEL_CA_BUNDLE'],
    env['SSL_CERT_FILE'],
    '/etc/ssl/certs/ca-certificates.crt',
    env['NODE_EXTRA_CA_CERTS'],
  ]
  for (const file of candidates) {
    if (file === undefined || file === '') continue
    if (
      await access(file).then(
        () => true,
        () => false,
      )
    )
      return file
  }
  throw new Error(
    'This machine has no bundle of certificate authorities. Type: apt-get install ca-certificates',
  )
}

/** Where packages come from, asked of the machine's own clients; no host of a registry stands in our code. */
export const registries: Step<SetupContext> = {
  name: 'registries',
  after: ['packages'],
  needed: async ({ options, registries: stored, env }) =>
    stored === null || !(await hasStamp(options.home, 'registries', await facts(env))),
  async apply(context) {
    const { env, at, options } = context
    const pipFiles = [
      ...PIP_FILES(),
      ...(env['PIP_CONFIG_FILE'] === undefined ? [] : [env['PIP_CONFIG_FILE']]),
    ]
    const found: Registries = Registries.parse({
      npm: { registry: await npmRegistry(env) },
      pip: {
        ...pipRegistry((await Promise.all(pipFiles.map(textOf))).filter(present), env),
        // Found out once the stacks are there.
        ownIndex: context.registries?.pip.ownIndex ?? null,
      },
      go: await goSettings(env),
      apt: await aptArchives(),
      ...imagesOf(env, context.registries?.images),
      caBundle: await caBundle(env),
    })
    await recordConsulEnv(env, at.consulEnv)
    await writeWhole(at.registries, `${JSON.stringify(found, null, 2)}\n`)
    await stamp(options.home, 'registries', await facts(env))
    context.registries = found
  },
}
