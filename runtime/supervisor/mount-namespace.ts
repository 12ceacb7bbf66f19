import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { run, tryRun } from '../exec.ts'
import { paths } from '../installation.ts'
import { mountHierarchies } from '../limits/mount-hierarchies.ts'

/** One line of `/proc/<pid>/mountinfo`. */
export interface Mount {
  readonly root: string
  readonly target: string
  readonly type: string
}

/** Parses mountinfo; octal escapes (`\040` is a blank) are undone. Pure. */
export function parseMounts(text: string): Mount[] {
  const plain = (field = '') =>
    field.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const fields = line.split(' ')
      return { root: plain(fields[3]), target: plain(fields[4]), type: fields[fields.indexOf('-') + 1] ?? '' }
    })
}

/** argv that runs what follows it inside the installation's mount namespace. */
export function inNamespace(home: string): string[] {
  return ['nsenter', `--mount=${paths(home).mountNamespace}`, '--']
}

async function mountsOf(prefix: readonly string[]): Promise<Mount[]> {
  const ran = await tryRun([...prefix, 'cat', '/proc/self/mountinfo'])
  return ran.code === 0 ? parseMounts(ran.stdout) : []
}

/** Whether the namespace is pinned and `<home>/nix` is its `/nix`; one that was killed half-way is not. */
export async function hasNamespace(home: string): Promise<boolean> {
  const at = paths(home)
  const mounts = parseMounts(await readFile('/proc/self/mountinfo', 'utf8'))
  if (!mounts.some((mount) => mount.target === at.mountNamespace && mount.type === 'nsfs')) return false
  return (await mountsOf(inNamespace(home))).some(
    (mount) => mount.target === '/nix' && mount.root.endsWith(at.nix.slice(at.nix.lastIndexOf('/'))),
  )
}

/**
 * Makes the namespace in which the installation's own store is `/nix`, and pins it to a file: nobody else's garbage
 * collection sees this store, and nothing of it shows on the host. Lost with a reboot, hence made again by each start.
 */
export async function ensureNamespace(home: string): Promise<void> {
  if (await hasNamespace(home)) return
  const at = paths(home)
  const folder = dirname(at.mountNamespace)
  await removeNamespace(home)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await mkdir(at.nix, { recursive: true })
  await makeMountPoint()
  // Before the copy of the mounts is made: the agent reads limits in there.
  await mountHierarchies()
  // A namespace can only be pinned below a mount that does not propagate.
  await run(['mount', '--bind', folder, folder])
  await run(['mount', '--make-private', folder])
  await writeFile(at.mountNamespace, '')
  await pinNamespace([
    'unshare',
    `--mount=${at.mountNamespace}`,
    '--propagation',
    'slave',
    'mount',
    '--bind',
    at.nix,
    '/nix',
  ])
  if (!(await hasNamespace(home)))
    throw new Error(
      `The mount namespace ${at.mountNamespace} could not be made. Is this a container that may not mount?`,
    )
}

const KEEP = `Installations of SkyPanel mount their stores here, in namespaces of their own. This file keeps the folder from being
removed as an empty one: removing it would take the store from all of them at once.
`

/** A folder that is a mount point elsewhere can be removed here, and the mounts go with it; unless it is not empty. */
async function makeMountPoint(): Promise<void> {
  await mkdir('/nix', { recursive: true })
  await writeFile('/nix/.skypanel', KEEP)
}

const PIN_TRIES = 40

/**
 * unshare of util-linux 2.41 sometimes pins the namespace before it has made it, which the kernel refuses: 21 of 40
 * on a busy machine with two cores. Nothing was made then.
 */
async function pinNamespace(argv: readonly string[]): Promise<void> {
  for (let left = PIN_TRIES; ; left--) {
    const { code, stderr } = await tryRun(argv)
    if (code === 0) return
    if (left === 1 || !stderr.includes('Invalid argument'))
      throw new Error(`The mount namespace could not be pinned: ${stderr.trim()}`)
  }
}

/** Unpins it. Processes inside keep it until they end. */
export async function removeNamespace(home: string): Promise<void> {
  const at = paths(home)
  const folder = dirname(at.mountNamespace)
  for (const target of [at.mountNamespace, folder]) {
    for (let i = 0; i < 20; i++) {
      const mounts = parseMounts(await readFile('/proc/self/mountinfo', 'utf8'))
      if (!mounts.some((mount) => mount.target === target)) break
      await run(['umount', '-l', target])
    }
  }
}
