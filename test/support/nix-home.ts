import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ensureNix, type Nix } from '../../buildpacks/nix/nix.ts'
import { ensureStacks, type Stacks } from '../../buildpacks/nix/stack.ts'
import type { Store } from '../../buildpacks/nix/store.ts'
import type { Registries } from '../../buildpacks/registries.ts'
import { paths } from '../../runtime/installation.ts'
import { debianArchives, parseAptSources, pipOwnIndex } from '../../runtime/setup/client-registries.ts'
import { withHostLock } from '../../runtime/setup/host-lock.ts'
import { ensureNamespace, inNamespace, removeNamespace } from '../../runtime/supervisor/mount-namespace.ts'

const run = promisify(execFile)
/** Stacks cost half a minute: the home stays between runs, and only what builds put into it goes. */
export const TEST_NIX = process.env['SKYPANEL_TEST_NIX'] ?? '/var/cache/skypanel/test-nix'

/** Homes that are used at the same time need builders of their own: who closes one removes its users. */
const SUFFIX =
  process.env['SKYPANEL_TEST_NIX'] === undefined
    ? ''
    : createHash('sha256').update(TEST_NIX).digest('hex').slice(0, 4)
const GROUP = `skypanel-test${SUFFIX}-build`
const BUILDERS = [1, 2, 3, 4, 5, 6].map((index) => `skypanel-test${SUFFIX}-b${index}`)

export interface NixHome {
  readonly home: string
  readonly at: ReturnType<typeof paths>
  readonly group: string
  readonly enter: readonly string[]
  readonly registries: Registries
  readonly nix: Nix
  readonly store: Store
  readonly stacks: Stacks
  close(): Promise<void>
}

/** Registries as this machine's clients are configured. */
export async function machineRegistries(): Promise<Registries> {
  const { stdout } = await run('npm', ['config', 'get', 'registry'], { cwd: '/' })
  const folder = '/etc/apt/sources.list.d'
  const files = [
    '/etc/apt/sources.list',
    ...(await readdir(folder).catch((): string[] => [])).map((name) => join(folder, name)),
  ]
  const read = (ending: string) =>
    Promise.all(
      files.filter((file) => file.endsWith(ending)).map((file) => readFile(file, 'utf8').catch(() => '')),
    )
  const codename = /^VERSION_CODENAME=(.+)$/m.exec(await readFile('/etc/os-release', 'utf8'))?.[1] ?? 'stable'
  const apt = debianArchives(parseAptSources(await read('.list'), await read('.sources')), codename)
  if (apt === null) throw new Error(`apt has no source for ${codename} main`)
  return {
    npm: { registry: stdout.trim() },
    pip: { indexUrl: process.env['PIP_INDEX_URL'] ?? null, extraIndexUrls: [] },
    go: { proxy: await goSetting('GOPROXY'), sumdb: await goSetting('GOSUMDB') },
    apt,
    caBundle: process.env['SSL_CERT_FILE'] ?? '/etc/ssl/certs/ca-certificates.crt',
  }
}

/** As this machine's Go says, its own defaults included; null without one. */
async function goSetting(name: string): Promise<string | null> {
  const set = process.env[name]
  if (set !== undefined) return set
  return run('go', ['env', name], { cwd: '/' }).then(
    ({ stdout }) => stdout.trim() || null,
    () => null,
  )
}

async function succeeds(...argv: [string, ...string[]]): Promise<boolean> {
  const [file, ...args] = argv
  return run(file, args).then(
    () => true,
    () => false,
  )
}

async function makeBuilders(): Promise<void> {
  if (!(await succeeds('getent', 'group', GROUP))) await run('groupadd', ['--system', GROUP])
  for (const name of BUILDERS) {
    if (await succeeds('getent', 'passwd', name)) continue
    await run('useradd', [
      '--system',
      '--no-create-home',
      '--shell',
      '/usr/sbin/nologin',
      '--gid',
      GROUP,
      '--groups',
      GROUP,
      name,
    ])
  }
}

/** Resolves once no other process has this home; it is let go by what this gives back, or by the process's end. */
function alone(home: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const work = () => new Promise<void>((leave) => resolve(leave))
    withHostLock(`test-nix ${home}`, () => console.log(`another run uses ${home}; waiting`), work).catch(
      reject,
    )
  })
}

/** A store with both stacks, in a namespace of its own; made at first use. One process at a time has it. */
export async function openNixHome(home: string = TEST_NIX): Promise<NixHome> {
  const leave = await alone(home)
  const at = paths(home)
  await mkdir(home, { recursive: true, mode: 0o755 })
  await ensureNamespace(home)
  await makeBuilders()
  const registries = await machineRegistries()
  const nix = await ensureNix({ ...at, buildGroup: GROUP }, registries, () => undefined)
  const enter = inNamespace(home)
  const store: Store = { nix, root: at.nix, enter }
  const stacks = await ensureStacks(store, at.agentState, registries, () => undefined)
  const pip = 'usr/lib/python3/dist-packages/pip/_internal/models/index.py'
  const ownIndex = pipOwnIndex(await readFile(join(home, stacks.build.path, pip), 'utf8').catch(() => ''))
  return {
    home,
    at,
    group: GROUP,
    enter,
    registries: { ...registries, pip: { ...registries.pip, ownIndex } },
    nix,
    store,
    stacks,
    async close() {
      for (const group of ['skypanel', 'skypanel-cache'])
        await rm(join(at.nix, 'var/nix/gcroots', group), { recursive: true, force: true })
      await rm(join(at.agentState, 'stages'), { recursive: true, force: true })
      // Bases of images are made of Debian alone, as the stacks are.
      for (const name of await readdir(at.cache).catch((): string[] => []))
        if (name !== 'image-bases') await rm(join(at.cache, name), { recursive: true, force: true })
      await removeNamespace(home)
      for (const name of BUILDERS) await succeeds('userdel', name)
      await succeeds('groupdel', GROUP)
      leave()
    },
  }
}
