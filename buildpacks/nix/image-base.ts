import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, chown, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { ImageBase } from '../plan.ts'
import { readJson } from './atomic-file.ts'
import type { BuildJob, Tell } from './build-job.ts'
import { aptSources } from './debian.ts'
import type { Toolchain } from './expression.ts'
import { canceled, explainEnd } from './failure.ts'
import { CONTAINERS_CONF, IMAGE_UIDS, nulList, POLICY, registriesConf, storageConf } from './image-files.ts'
import { makeWorkFolder } from './places.ts'
import { runInCell, type ScriptEnd } from './run-in-cell.ts'
import { GivenUp } from './single-flight.ts'
import { ASSETS, PLATFORM_ROOTS } from './stack.ts'
import { StageRecord } from './stage-records.ts'
import { addPath, closureOf, physical, removeRoots, setRoots, type Store } from './store.ts'
import { heading, indented } from './talk.ts'

export type OwnBase = Extract<ImageBase, { kind: 'made' | 'stack' }>

/** A base as builds find it: its folder below the bases, and the name of the image in it. */
export interface MadeBase {
  readonly folder: string
  readonly name: string
  /** Of this very copy: made again, the same base has other layers, and nothing that lies over them fits. */
  readonly copy: string
  /** The same files as a store path, beneath what an app's image adds to them. */
  readonly tree: StageRecord
}

const ABOUT = 'about.json'
const About = z.object({ copy: z.string(), tree: StageRecord })

const rootsOfBase = (key: string) => `image-base-${key}`

/** null: it has to be made. */
async function aboutBase(store: Store, folder: string): Promise<z.infer<typeof About> | null> {
  const about = await readJson(join(folder, ABOUT), About)
  return about !== null && existsSync(physical(store, about.tree.path)) ? about : null
}

/** Folder of all bases, which builds see read-only. */
export const basesFolder = (cache: string) => join(cache, 'image-bases')

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** A base that nobody has built on for so long is made again when it is wanted. */
const UNUSED_MS = 30 * 24 * 3600 * 1000

/** Removes bases that are not used any more, and halves of those that were being made. Only while no build runs. */
export async function pruneBases(store: Store, cache: string, now: number): Promise<void> {
  const folder = basesFolder(cache)
  for (const name of await readdir(folder).catch((): string[] => [])) {
    const { mtimeMs } = await stat(join(folder, name))
    if (!name.endsWith('.new') && now - mtimeMs <= UNUSED_MS) continue
    await removeRoots(store, PLATFORM_ROOTS, rootsOfBase(name))
    await rm(join(folder, name), { recursive: true, force: true })
  }
}

/** What `buildah config` is told of a base: as the images are that it stands in for. Pure. */
export function configOf(base: OwnBase, toolchains: readonly Toolchain[]): string[] {
  const version = (name: string) => toolchains.find((tool) => tool.name === name)?.version ?? ''
  const plain = ['--env', `PATH=${PATH}`, '--cmd', 'bash']
  if (base.kind === 'stack' || base.flavor === 'debian') return plain
  if (base.flavor === 'node')
    return ['--env', `PATH=${PATH}`, '--env', `NODE_VERSION=${version('node')}`, '--cmd', '["node"]']
  if (base.flavor === 'python')
    return ['--env', `PATH=${PATH}`, '--env', 'LANG=C.UTF-8', '--cmd', '["python3"]']
  const go = [
    '--env',
    `PATH=/go/bin:/usr/local/go/bin:${PATH}`,
    '--env',
    'GOPATH=/go',
    '--env',
    'GOTOOLCHAIN=local',
  ]
  return [...go, '--env', `GOLANG_VERSION=${version('go')}`, '--workingdir', '/go', '--cmd', 'bash']
}

interface Wanted {
  readonly base: OwnBase
  readonly tools: readonly Toolchain[]
  readonly key: string
}

async function wantedOf(job: BuildJob, base: OwnBase, toolchains: readonly Toolchain[]): Promise<Wanted> {
  const names = base.kind === 'made' ? base.tools : []
  const tools = toolchains.filter(({ name }) => names.includes(name))
  const { stacks } = job.workshop
  const scripts = await Promise.all(
    ['image.sh', 'image-base.sh'].map((name) => readFile(join(ASSETS, name), 'utf8')),
  )
  const key = createHash('sha256')
    .update(
      JSON.stringify([scripts, base, tools.map((tool) => tool.run.path), stacks.build.path, stacks.run.path]),
    )
    .digest('hex')
    .slice(0, 32)
  return { base, tools, key }
}

/**
 * A base that this platform makes itself, made at first use and shared by all apps: nothing of any app is in it. It is as
 * old as the stacks, so new stacks make new bases.
 */
export async function ensureBase(
  job: BuildJob,
  base: OwnBase,
  toolchains: readonly Toolchain[],
  layers: readonly string[],
  tell: Tell,
): Promise<MadeBase> {
  const wanted = await wantedOf(job, base, toolchains)
  const { places, flight, store } = job.workshop
  const folder = join(basesFolder(places.cache), wanted.key)
  const name = `localhost/skypanel/base:${wanted.key}`
  await mkdir(basesFolder(places.cache), { recursive: true, mode: 0o755 })
  let about = await aboutBase(store, folder)
  if (about === null) {
    const title = base.kind === 'made' ? base.title : `the stack ${job.workshop.stacks[base.which].name}`
    tell({ type: 'line', text: heading(`Preparing ${title}`) })
    const failed: Extract<ScriptEnd, { ok: false }>[] = []
    try {
      await flight.run(rootsOfBase(wanted.key), job.stop.signal, async () => {
        const end = await makeBase(job, wanted, folder, name, layers, tell)
        if (!('path' in end)) {
          failed.push(end)
          throw new GivenUp('the base failed')
        }
        return end
      })
      about = await aboutBase(store, folder)
    } catch (error) {
      const [mine] = failed
      if (mine !== undefined)
        throw explainEnd(mine.end, `prepare ${title}`, '', mine.tail, job.request.limits)
      if (job.stop.signal.aborted) throw canceled()
      throw error
    }
  }
  const now = new Date()
  await utimes(folder, now, now)
  if (about === null) throw new Error(`The base ${folder} was made and is not there`)
  return { folder: wanted.key, name, ...about }
}

async function makeBase(
  job: BuildJob,
  { base, tools, key }: Wanted,
  folder: string,
  name: string,
  layers: readonly string[],
  tell: Tell,
): Promise<StageRecord | Extract<ScriptEnd, { ok: false }>> {
  const { store, stacks, registries } = job.workshop
  const work = await makeWorkFolder(store)
  const storage = `${folder}.${process.pid}.new`
  // Headers lie below the same prefix, where native modules look for them.
  const parts = tools.flatMap((tool) => {
    const prefix = tool.name === 'go' ? '/usr/local/go' : '/usr/local'
    return [tool.run, ...(tool.build === null ? [] : [tool.build])].map((part) => ({ part, prefix }))
  })
  try {
    await rm(storage, { recursive: true, force: true })
    await mkdir(storage, { recursive: true })
    const inside = join(work.outside, 'in')
    await mkdir(inside)
    const files: Readonly<Record<string, string>> = {
      'storage.conf': storageConf([]),
      'registries.conf': registriesConf(registries),
      'containers.conf': CONTAINERS_CONF,
      'policy.json': POLICY,
      tools: parts.map(({ part, prefix }) => `${part.path}\t${prefix}\n`).join(''),
      name,
      config: nulList(configOf(base, tools)),
      user: base.kind === 'made' && base.flavor === 'node' ? 'node:1000\n' : '',
    }
    for (const [file, text] of Object.entries(files)) await writeFile(join(inside, file), text)
    const visible = [...new Set(parts.flatMap(({ part }) => part.closure))]
    await writeFile(join(work.outside, 'visible'), visible.map((path) => `${path}\n`).join(''))
    const source =
      base.kind === 'stack'
        ? ['tree', stacks[base.which].path]
        : ['suite', base.suite, base.packages.join(','), ...aptSources(registries.apt, base.suite)]
    const end = await runInCell(job, {
      work,
      script: 'image-root.sh',
      arguments: [
        work.inside,
        stacks.build.path,
        layers.join(':'),
        String(IMAGE_UIDS),
        storage,
        join(ASSETS, 'image.sh'),
        join(ASSETS, 'image-base.sh'),
        ...source,
      ],
      env: {},
      growing: [storage],
      onLine: (line) => tell({ type: 'line', text: indented(line) }),
    })
    if (!end.ok) return end
    await chown(storage, 0, 0)
    await chmod(storage, 0o755)
    const path = base.kind === 'stack' ? stacks[base.which].path : await addTree(store, storage)
    const tree = { path, ...(await closureOf(store, path)), complete: true }
    await setRoots(store, PLATFORM_ROOTS, rootsOfBase(key), [path])
    await writeFile(join(storage, ABOUT), JSON.stringify({ copy: randomUUID(), tree }))
    // One that was there before has lost its tree.
    await rm(folder, { recursive: true, force: true })
    await rename(storage, folder)
    return tree
  } finally {
    await rm(storage, { recursive: true, force: true })
    await work.remove()
  }
}

/** The one layer of a storage, as a store path. Nothing of a stranger's has been near it. */
async function addTree(store: Store, storage: string): Promise<string> {
  const overlay = join(storage, 'graph/overlay')
  const layers = (await readdir(overlay)).filter((name) => /^[0-9a-f]{64}$/.test(name))
  const [layer] = layers
  if (layer === undefined || layers.length > 1)
    throw new Error(`A base has ${layers.length} layers instead of one`)
  return addPath(store, 'image-base', join(overlay, layer, 'diff'))
}
