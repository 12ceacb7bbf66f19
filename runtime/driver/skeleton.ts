import { createHash, randomUUID } from 'node:crypto'
import { existsSync, lstatSync } from 'node:fs'
import { chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { APP_UID } from '../command/instance.ts'
import { run } from '../exec.ts'

const About = z.object({ uid: z.number(), layers: z.array(z.string()) })

const MAX_ID = 65_535

/** Not entered: thousands of folders that belong to packages. They themselves are made, so caches can stand in them. */
const PACKAGES = new Set(['node_modules', 'site-packages', '.git'])

/**
 * Store files are root's and read-only, and an overlay takes a folder's owner from its uppermost layer. So above the
 * layers lies one that has nothing but folders, owned by the app: it may create and replace files everywhere.
 * Made once per set of layers and owner; returns its path.
 */
export async function ensureSkeleton(root: string, uid: number, layers: readonly string[]): Promise<string> {
  return await once(root, [1, uid, layers], { uid, layers: [...layers] }, async (app) => {
    await chown(app, uid, uid)
    for (const layer of layers) {
      await copyFolders(join(layer, 'app'), app, uid)
      await hideDeleted(layer, app)
    }
  })
}

/** The folder that `fill` has filled, made at first use of what `key` says. */
async function once(
  root: string,
  key: unknown,
  about: z.infer<typeof About>,
  fill: (app: string) => Promise<void>,
): Promise<string> {
  const name = createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 32)
  const path = join(root, name)
  const app = join(path, 'app')
  if (existsSync(app)) return app
  const draft = `${path}.${randomUUID()}`
  await mkdir(join(draft, 'app'), { recursive: true })
  await fill(join(draft, 'app'))
  await writeFile(join(draft, 'layers.json'), JSON.stringify(about))
  try {
    await rename(draft, path)
  } catch (error) {
    // Two instances of one release may start at once; the first one's is as good.
    await rm(draft, { recursive: true, force: true })
    if (!existsSync(app)) throw error
  }
  return app
}

/** An image tells whose its folders are in `owners`: `uid gid path`, each ended by NUL. Strangers' code may have written it. */
const OWNER = /^(\d{1,5}) (\d{1,5}) (.+)$/s
const MOST_FOLDERS = 200_000
const MOST_WHITEOUTS = 300

/** A path that names nothing above. */
const isInside = (path: string) =>
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')

/** What is mounted on in every instance; nspawn makes what an image lacks, LXC has not the right to. */
const MOUNTED_FOLDERS = ['dev', 'proc', 'run', 'sys', 'tmp', 'var/tmp']
const MOUNTED_FILES = ['etc/resolv.conf', 'etc/ssl/certs/ca-certificates.crt']

/**
 * As `ensureSkeleton`, for a root of an image's own: its folders belong to whom they belonged to when it was built.
 * `roots`: the parts of the image's root, the uppermost first.
 */
export async function ensureImageSkeleton(
  root: string,
  uidBase: number,
  stack: string,
  roots: readonly string[],
): Promise<string> {
  const listed = async (name: string) =>
    (await readFile(join(stack, name), 'utf8').catch(() => '')).split('\0').slice(0, MOST_FOLDERS)
  const about = { uid: uidBase + APP_UID, layers: [stack] }
  return await once(root, ['image', 2, uidBase, stack], about, async (app) => {
    for (const line of await listed('owners')) {
      const [, uid, gid, folder = ''] = OWNER.exec(line) ?? []
      if (!isInside(folder) || Number(uid) > MAX_ID || Number(gid) > MAX_ID) continue
      // Nothing in here is a link: all of it was made by us.
      const place = join(app, folder)
      await mkdir(place, { recursive: true, mode: 0o755 })
      await chown(place, uidBase + Number(uid), uidBase + Number(gid))
    }
    for (const path of (await listed('whiteouts')).slice(0, MOST_WHITEOUTS)) {
      const place = join(app, path)
      if (!isInside(path) || existsSync(place)) continue
      await mkdir(join(place, '..'), { recursive: true })
      await run(['mknod', place, 'c', '0', '0'])
    }
    for (const path of MOUNTED_FOLDERS)
      if (isMissing(roots, path)) await mkdir(join(app, path), { recursive: true, mode: 0o755 })
    for (const path of MOUNTED_FILES) {
      if (!isMissing(roots, path)) continue
      await mkdir(join(app, path, '..'), { recursive: true, mode: 0o755 })
      await writeFile(join(app, path), '', { flag: 'a', mode: 0o644 })
    }
  })
}

/** Whether no part has it and it could be made: where a link is on the way, what it means is the image's affair. */
function isMissing(roots: readonly string[], path: string): boolean {
  const names = path.split('/')
  for (const [at] of names.entries()) {
    const part = names.slice(0, at + 1).join('/')
    const kinds = roots.map((root) => lstatSync(join(root, part), { throwIfNoEntry: false }))
    const found = kinds.find((kind) => kind !== undefined)
    if (found === undefined) return true
    if (at === names.length - 1 || !found.isDirectory()) return false
  }
  return false
}

async function copyFolders(from: string, to: string, uid: number): Promise<void> {
  const entries = await readdir(from, { withFileTypes: true })
  for (const entry of entries) {
    if (!entry.isDirectory()) continue
    const target = join(to, entry.name)
    await mkdir(target, { recursive: true, mode: 0o755 })
    await chown(target, uid, uid)
    if (!PACKAGES.has(entry.name)) await copyFolders(join(from, entry.name), target, uid)
  }
}

/** A store path cannot hold an overlay's mark of a deleted file, so a stage lists them in `whiteouts`, one a line. */
async function hideDeleted(layer: string, app: string): Promise<void> {
  const list = join(layer, 'whiteouts')
  if (!existsSync(list)) return
  for (const line of (await readFile(list, 'utf8')).split('\n').filter(Boolean)) {
    const target = join(app, line)
    if (!target.startsWith(`${app}/`) || existsSync(target)) continue
    await mkdir(join(target, '..'), { recursive: true })
    await run(['mknod', target, 'c', '0', '0'])
  }
}

/** Removes those whose layers are no longer in the store, or whose owner is `uid`. */
export async function pruneSkeletons(root: string, uid: number | null): Promise<void> {
  if (!existsSync(root)) return
  for (const name of await readdir(root)) {
    const path = join(root, name)
    const about = About.safeParse(
      JSON.parse(await readFile(join(path, 'layers.json'), 'utf8').catch(() => 'null')),
    )
    const kept =
      about.success && about.data.uid !== uid && about.data.layers.every((layer) => existsSync(layer))
    if (!kept) await rm(path, { recursive: true, force: true })
  }
}
