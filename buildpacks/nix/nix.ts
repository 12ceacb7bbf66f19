import { access, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Registries } from '../registries.ts'
import { writeAtomic } from './atomic-file.ts'
import { aptSources, extractArgv, HOST_ENV } from './debian.ts'
import { nixConf } from './nix-conf.ts'
import { run, runOrThrow } from './spawn.ts'

/** How Nix is called on this machine. */
export interface Nix {
  readonly version: string
  /** argv before the arguments of `nix` and of `nix-store`. */
  readonly nix: readonly string[]
  readonly nixStore: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

export type Say = (line: string) => void

/** Older ones hold whole store paths in memory while they register them: 1 GB for a build stack. */
const OLDEST = [2, 26] as const
const SUITE = 'trixie'

/** `nix (Nix) 2.26.3` → whether we can work with it. */
export function isRecentEnough(versionLine: string): boolean {
  const match = /(\d+)\.(\d+)/.exec(versionLine)
  if (match === null) return false
  const [major, minor] = [Number(match[1]), Number(match[2])]
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])
}

/** Names of the loader differ by architecture; everything else of a Debian tree does not. */
export async function findLoader(tree: string): Promise<{ loader: string; libraries: string[] }> {
  const inFolder = async (folder: string, wanted: RegExp) => {
    const names = await readdir(join(tree, folder)).catch(() => [])
    return names.filter((name) => wanted.test(name)).map((name) => `${folder}/${name}`)
  }
  const loaders = [
    ...(await inFolder('/usr/lib64', /^ld-linux-.*\.so/)),
    ...(await inFolder('/usr/lib', /^ld-linux-.*\.so/)),
  ]
  const [loader] = loaders
  const libraries = await inFolder('/usr/lib', /^(x86_64|aarch64)-linux-gnu$/)
  if (loader === undefined || libraries.length === 0) {
    throw new Error(
      `No dynamic loader below ${tree}/usr: the tree is incomplete. Remove it and run "npm start" again.`,
    )
  }
  return { loader, libraries }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

async function systemNix(): Promise<Pick<Nix, 'version' | 'nix' | 'nixStore'> | null> {
  const program = '/usr/bin/nix'
  if (!(await exists(program))) return null
  const { code, stdout } = await run([program, '--version'], { env: HOST_ENV })
  if (code !== 0 || !isRecentEnough(stdout)) return null
  return { version: stdout.trim(), nix: [program], nixStore: ['/usr/bin/nix-store'] }
}

/** Nix from unpacked packages, started by their own loader: nothing of the machine's libraries is touched. */
async function extractedNix(tree: string): Promise<Pick<Nix, 'version' | 'nix' | 'nixStore'> | null> {
  if (!(await exists(join(tree, 'usr/bin/nix')))) return null
  const { loader, libraries } = await findLoader(tree)
  const as = (name: string) => [
    join(tree, loader),
    '--library-path',
    libraries.map((folder) => join(tree, folder)).join(':'),
    '--argv0',
    name,
    join(tree, 'usr/bin/nix'),
  ]
  const { code, stdout } = await run([...as('nix'), '--version'], { env: HOST_ENV })
  if (code !== 0 || !isRecentEnough(stdout)) return null
  return { version: stdout.trim(), nix: as('nix'), nixStore: as('nix-store') }
}

async function extract(tree: string, registries: Registries): Promise<void> {
  const fresh = `${tree}.new`
  await rm(fresh, { recursive: true, force: true })
  await mkdir(dirname(tree), { recursive: true })
  const argv = extractArgv(SUITE, ['nix-bin'], fresh, aptSources(registries.apt, SUITE))
  await runOrThrow(argv, { env: HOST_ENV }, `Unpacking Nix from ${SUITE}`)
  await rm(tree, { recursive: true, force: true })
  await rename(fresh, tree)
}

/** Environment of every call. HOME is ours, so that no nix.conf of root's is read. */
function environment(confDir: string, caBundle: string): Record<string, string> {
  return {
    ...HOST_ENV,
    HOME: confDir,
    NIX_CONF_DIR: confDir,
    NIX_REMOTE: 'local',
    NIX_SSL_CERT_FILE: caBundle,
  }
}

export interface NixPlaces {
  /** `<home>/nix-packages` and `<home>/nix-conf` of `runtime/installation.ts`. */
  readonly nixPackages: string
  readonly nixConf: string
  /** Group whose members build; it needs one member for each build that runs at the same time. */
  readonly buildGroup: string
}

/** Finds a Nix that we can work with, or unpacks one. Writes nix.conf. Throws with what to do where neither works. */
export async function ensureNix(places: NixPlaces, registries: Registries, say: Say): Promise<Nix> {
  await writeAtomic(join(places.nixConf, 'nix.conf'), nixConf(places.buildGroup))
  const env = environment(places.nixConf, registries.caBundle)
  let found = (await systemNix()) ?? (await extractedNix(places.nixPackages))
  if (found === null) {
    say(`Nix of this machine is missing or older than ${OLDEST.join('.')}: unpacking the one of ${SUITE}`)
    await extract(places.nixPackages, registries)
    found = await extractedNix(places.nixPackages)
  }
  if (found === null) {
    throw new Error(
      `Nix in ${places.nixPackages} does not start. Remove the folder and run "npm start" again.`,
    )
  }
  return { ...found, env }
}
