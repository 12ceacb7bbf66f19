import {
  chown,
  copyFile,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { run } from '../../exec.ts'
import { versionAt } from '../installed-version.ts'
import type { Step } from '../plan.ts'
import { modulesKey, productionModules } from '../production-modules.ts'
import type { SetupContext } from '../setup-context.ts'

const KEPT = 3
/** Tells what a version's `node_modules` hold. */
const MODULES = '.modules'
const Package = z.object({ version: z.string() })

/** `0.1.0-3f2a…`: the same sources and Node give the same name. */
async function nameOf(checkout: string): Promise<string> {
  const { version } = Package.parse(JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8')))
  const content = (await readFile(join(checkout, 'dist', '.content'), 'utf8')).trim()
  return `${version}-${content}-node${process.versions.node}`
}

/**
 * Copies the build, the production modules and Node itself, all root's, and switches `current`: nothing runs from the
 * checkout, which may lie where only root can read, and may change while the platform runs.
 */
export const version: Step<SetupContext> = {
  name: 'version',
  after: ['folders'],
  needed: async ({ options, version: installed }) => installed?.name !== (await nameOf(options.checkout)),
  async apply(context, say) {
    const { at, options } = context
    const name = await nameOf(options.checkout)
    const made = versionAt(at.versions, name)
    if ((await stat(made.folder).catch(() => null)) === null) {
      say(name)
      // A name of its own: what copied for a run that was killed may still be writing.
      const half = await mkdtemp(join(at.versions, '.new-'))
      await run(['cp', '-r', '--reflink=auto', ...(await partsOf(options.checkout)), half])
      const modules = await readModules(options.checkout)
      const shared = await sameModules(at.versions, modules.key)
      if (shared === null) await copyModules(options.checkout, modules.paths, half)
      await copyNode(at.versions, half)
      // The checkout may belong to whoever cloned it; what runs belongs to root.
      await run(['chown', '-R', 'root:root', half])
      await run(['chmod', '-R', 'u=rwX,go=rX', half])
      // An earlier version's are root's already; links to thousands of small files cost a tenth of copies.
      if (shared !== null) await run(['cp', '-rl', join(shared, 'node_modules'), half])
      await writeFile(join(half, MODULES), modules.key)
      await rename(half, made.folder)
    }
    const next = join(at.versions, '.current')
    await rm(next, { force: true })
    await symlink(name, next)
    await rename(next, at.current)
    context.version = made
    await forgetOld(at.versions, name)
    await removeHalf(at.versions)
  },
}

/** What the build made; its own notes start with a dot and stay. */
async function partsOf(checkout: string): Promise<string[]> {
  const dist = join(checkout, 'dist')
  return (await readdir(dist)).filter((name) => !name.startsWith('.')).map((name) => join(dist, name))
}

async function readModules(checkout: string): Promise<{ paths: string[]; key: string }> {
  const text = await readFile(join(checkout, 'node_modules', '.package-lock.json'), 'utf8')
  const record: unknown = JSON.parse(text)
  return { paths: productionModules(record), key: modulesKey(record) }
}

/** Folder of an installed version with the same modules. */
async function sameModules(versions: string, key: string): Promise<string | null> {
  const names = (await readdir(versions)).filter((name) => !name.startsWith('.') && name !== 'current')
  for (const folder of names.map((name) => join(versions, name)))
    if ((await readFile(join(folder, MODULES), 'utf8').catch(() => null)) === key) return folder
  return null
}

/** One program for all of them: thousands of small files cost seconds when each is copied by a call of its own. */
async function copyModules(checkout: string, wanted: readonly string[], target: string): Promise<void> {
  const modules = await Promise.all(
    wanted.map(async (path) => ({
      path,
      there: (await stat(join(checkout, path)).catch(() => null)) !== null,
    })),
  )
  // Packages for other architectures are recorded and not installed.
  const paths = modules.filter(({ there }) => there).map(({ path }) => path)
  await run(['cp', '-r', '--reflink=auto', '--parents', ...paths, target], { cwd: checkout })
}

/** A hundred megabytes: a link to the same Node of an earlier version where there is one. */
async function copyNode(versions: string, target: string): Promise<void> {
  const node = join(target, 'bin', 'node')
  await mkdir(dirname(node), { recursive: true })
  for (const name of await readdir(versions)) {
    if (name.startsWith('.') || !name.endsWith(`-node${process.versions.node}`)) continue
    if (
      await link(join(versions, name, 'bin', 'node'), node).then(
        () => true,
        () => false,
      )
    )
      return
  }
  await copyFile(process.execPath, node)
  await chown(node, 0, 0)
}

/** What runs that were killed left; one that is still being written to goes with the next upgrade. */
async function removeHalf(versions: string): Promise<void> {
  for (const name of (await readdir(versions)).filter((entry) => entry.startsWith('.new-')))
    await rm(join(versions, name), { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined)
}

/** Processes of a version that was replaced a moment ago may still load from it; the last few stay. */
async function forgetOld(versions: string, current: string): Promise<void> {
  const names = (await readdir(versions)).filter(
    (name) => name !== current && name !== 'current' && !name.startsWith('.'),
  )
  const dated = await Promise.all(
    names.map(async (name) => ({
      name,
      time: (await stat(join(versions, name)).catch(() => null))?.mtimeMs ?? 0,
    })),
  )
  const old = dated.sort((a, b) => b.time - a.time).slice(KEPT - 1)
  for (const { name } of old) await rm(join(versions, name), { recursive: true, force: true })
}
