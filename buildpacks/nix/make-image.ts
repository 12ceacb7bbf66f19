import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseDockerfile } from '../dockerfile/parse.ts'
import { rewriteImages } from '../dockerfile/rewrite.ts'
import { stagesOf } from '../dockerfile/stages.ts'
import type { ImagePlan } from '../plan.ts'
import { purgesOf } from './app-memory.ts'
import type { BuildJob, Tell } from './build-job.ts'
import { HOST_ENV } from './debian.ts'
import { type SystemLayer, storeName, type Toolchain } from './expression.ts'
import { canceled, explainEnd } from './failure.ts'
import { basesFolder, ensureBase, type MadeBase } from './image-base.ts'
import { atLine, failedLine } from './image-failure.ts'
import { type ImageFacts, imageFacts, readDistrusted, withoutHistory } from './image-config.ts'
import {
  CERTIFICATES,
  CONTAINERS_CONF,
  IMAGE_UIDS,
  nulList,
  POLICY,
  registriesConf,
  runVariables,
  storageConf,
} from './image-files.ts'
import { makeWorkFolder, type WorkFolder } from './places.ts'
import { runInCell, type ScriptEnd } from './run-in-cell.ts'
import { readableBy, saltedHash } from './secrets.ts'
import { GivenUp } from './single-flight.ts'
import { copyEntries, type Entry, readTree, selectEntries, treeHash } from './source.ts'
import { runOrThrow } from './spawn.ts'
import { ASSETS } from './stack.ts'
import type { StageRecord } from './stage-records.ts'
import { addPath, closureOf, physical } from './store.ts'
import { heading, indented, reusedLine } from './talk.ts'

export interface MadeImage {
  readonly record: StageRecord
  readonly fresh: boolean
  readonly facts: ImageFacts
}

const SCRIPTS = ['image.sh', 'image-build.sh', 'image-root.sh', 'image-base.sh']
/** Of all that an image holds: the same times, so that what is copied again is the same layer. */
const EPOCH = '@1'

/** What buildah is told besides the file and its context. Pure. */
export function buildArguments(
  image: ImagePlan,
  secrets: readonly string[],
  ignoreFile: string | null,
): string[] {
  return [
    CERTIFICATES,
    '--build-arg-file=/in/variables',
    ...(image.target === null ? [] : [`--target=${image.target}`]),
    ...Object.entries(image.args).map(([name, value]) => `--build-arg=${name}=${value}`),
    ...image.secrets.map((id) => `--secret=id=${id},src=/secrets/values/${id}`),
    ...(ignoreFile === null ? [] : [`--ignorefile=/in/context/${ignoreFile}`]),
  ].filter((one) => !one.startsWith('--secret=') || secrets.some((id) => one.includes(`id=${id},`)))
}

/** The image of a plan's Dockerfile as a store path; found again where nothing of it has changed. */
export async function makeImage(
  job: BuildJob,
  image: ImagePlan,
  toolchains: readonly Toolchain[],
  system: readonly SystemLayer[],
  tell: Tell,
): Promise<MadeImage> {
  const { workshop, request } = job
  const { records, flight, salt, store } = workshop
  const folder = join(request.source, 'app', request.plan.source.root)
  const entries = readTree(folder)
  const env = readableBy(image.secrets, request.env)
  const layers = system.filter(({ phases }) => phases.includes('build')).map(({ path }) => path)
  const bases = await basesOf(job, image, toolchains, layers, tell)
  const scripts = await Promise.all(SCRIPTS.map((name) => readFile(join(ASSETS, name), 'utf8')))
  const purges = await purgesOf(workshop.places.agentState, request.app)
  const key = createHash('sha256')
    .update(JSON.stringify(['image', request.app, scripts, image, treeHash(entries), layers, purges]))
    .update(JSON.stringify([...bases.values()].map((base) => base.folder)))
    .update(saltedHash(salt, env))
    .digest('hex')
  const begun = performance.now()
  const elapsed = () => Math.round(performance.now() - begun)
  const state = (word: 'started' | 'cached' | 'done' | 'failed') =>
    tell({ type: 'stage', name: 'image', state: word, ms: elapsed() })
  tell({ type: 'line', text: heading(`Building the image of ${image.dockerfile}`) })
  state('started')
  const known = await records.find(key)
  if (known !== null) {
    tell({ type: 'line', text: reusedLine('image', elapsed()) })
    state('cached')
    return { record: known, fresh: false, facts: await factsOf(physical(store, known.path)) }
  }
  const failed: Extract<ScriptEnd, { ok: false }>[] = []
  try {
    const record = await flight.run(key, job.stop.signal, async () => {
      const done = await build(job, { image, folder, entries, env, layers, bases }, tell)
      if (!('path' in done)) {
        failed.push(done)
        throw new GivenUp('the image failed')
      }
      await records.keep(key, done)
      return done
    })
    state('done')
    return { record, fresh: true, facts: await factsOf(physical(store, record.path)) }
  } catch (error) {
    state('failed')
    const [mine] = failed
    if (mine !== undefined) {
      const stopped = explainEnd(mine.end, 'image', 'dockerfile', mine.tail, request.limits)
      const text = await readFile(join(folder, image.dockerfile), 'utf8')
      throw atLine(stopped, image.dockerfile, failedLine(image, text, mine.tail))
    }
    if (job.stop.signal.aborted) throw canceled()
    throw error
  }
}

/** Names of images in FROM → what stands for them. */
async function basesOf(
  job: BuildJob,
  image: ImagePlan,
  toolchains: readonly Toolchain[],
  layers: readonly string[],
  tell: Tell,
): Promise<Map<string, MadeBase>> {
  const made = new Map<string, MadeBase>()
  for (const { image: name, base } of image.bases)
    if (base.kind === 'made' || base.kind === 'stack')
      made.set(name, await ensureBase(job, base, toolchains, layers, tell))
  return made
}

/** Layers of an app lie over those of its bases, so each set of bases has a storage of its own. Pure. */
export function storageName(bases: ReadonlyMap<string, Pick<MadeBase, 'copy'>>): string {
  const copies = [...new Set([...bases.values()].map(({ copy }) => copy))].sort()
  return createHash('sha256').update(JSON.stringify(copies)).digest('hex').slice(0, 16)
}

const UNUSED = /^(\[Warning\] one or more build args were not consumed: \[)([^\]]*)(\])$/

/** A line of buildah without what is ours: the ARG by which registries are let in. null: nothing is left. Pure. */
export function withoutOurs(line: string, ours: readonly string[]): string | null {
  if (/STEP \d+\/\d+: ARG /.test(line) && line.endsWith(`: ARG ${ours.join(' ')}`)) return null
  const [, before, names = '', after] = UNUSED.exec(line) ?? []
  if (before === undefined || after === undefined) return line
  const left = names.split(' ').filter((name) => !ours.includes(name))
  return left.length === 0 ? null : `${before}${left.join(' ')}${after}`
}

/** Images have the names that the Dockerfile has for them. Pure. */
export function asWritten(line: string, bases: ReadonlyMap<string, Pick<MadeBase, 'name'>>): string {
  return [...bases].reduce((text, [image, { name }]) => text.replaceAll(name, image), line)
}

interface Build {
  readonly image: ImagePlan
  readonly folder: string
  readonly entries: readonly Entry[]
  readonly env: Readonly<Record<string, string>>
  readonly layers: readonly string[]
  readonly bases: ReadonlyMap<string, MadeBase>
}

async function build(
  job: BuildJob,
  { image, folder, entries, env, layers, bases }: Build,
  tell: Tell,
): Promise<StageRecord | Extract<ScriptEnd, { ok: false }>> {
  const { store, stacks, caches, places } = job.workshop
  const { app } = job.request
  const work = await makeWorkFolder(store)
  try {
    await writeInput(job, work, { image, folder, entries, env, layers, bases })
    const ours = Object.keys(runVariables(job.workshop.registries))
    const { shared } = await caches.open(app, [{ name: 'image', scope: 'app' }], null)
    const storage = join(shared, 'image', storageName(bases))
    await mkdir(storage, { recursive: true })
    await mkdir(basesFolder(places.cache), { recursive: true, mode: 0o755 })
    const end = await runInCell(job, {
      work,
      script: 'image.sh',
      arguments: [
        work.inside,
        stacks.build.path,
        layers.join(':'),
        String(IMAGE_UIDS),
        storage,
        basesFolder(places.cache),
        join(ASSETS, 'image-build.sh'),
      ],
      env,
      growing: [storage],
      onLine: (line) => {
        const text = withoutOurs(line, ours)
        if (text !== null) tell({ type: 'line', text: indented(asWritten(text, bases)) })
      },
    })
    if (!end.ok) {
      // What a layer of the cache holds is there for the next build as well.
      if (end.end.reason === 'disk' || end.end.reason === 'leak') await caches.purge(app)
      return end
    }
    const out = join(work.outside, 'out')
    // Read before it is added: what is not as it should be never comes into the store.
    const inspected = await readDistrusted(join(out, 'config.json'))
    await factsOf(out)
    const named = await readDistrusted(join(out, 'base'))
    for (const name of ['iid', 'base', 'config.json'])
      await rm(join(out, name), { force: true, recursive: true })
    await writeFile(join(out, 'config.json'), withoutHistory(inspected), { flag: 'wx' })
    const base = [...bases.values()].find(({ folder }) => folder === named)?.tree
    const path = await addPath(store, storeName(app, 'image'), join(work.inside, 'out'))
    const also = base === undefined ? {} : { base: { path: base.path, closure: [...base.closure] } }
    return { path, ...(await closureOf(store, path)), complete: true, also }
  } finally {
    await work.remove()
  }
}

async function writeInput(job: BuildJob, work: WorkFolder, build: Build): Promise<void> {
  const { image, folder, entries, env, bases } = build
  const { registries } = job.workshop
  const inside = join(work.outside, 'in')
  const context = join(inside, 'context')
  await mkdir(inside)
  const part = image.context === '.' ? entries : selectEntries(entries, [image.context])
  const from = join(folder, image.context)
  const cut = image.context === '.' ? 0 : image.context.length + 1
  copyEntries(
    from,
    context,
    part.map((entry) => ({ ...entry, path: entry.path.slice(cut) })),
  )
  await runOrThrow(
    ['find', context, '-exec', 'touch', '--no-dereference', '--date', EPOCH, '{}', '+'],
    { env: HOST_ENV },
    'Copying the source',
  )
  await runOrThrow(
    ['chown', '--recursive', '--no-dereference', `${IMAGE_UIDS}:${IMAGE_UIDS}`, context],
    { env: HOST_ENV },
    'Copying the source',
  )
  const parsed = parseDockerfile(await readFile(join(folder, image.dockerfile), 'utf8'))
  const named = (name: string) => {
    const base = image.bases.find((one) => one.image === name)?.base
    return bases.get(name)?.name ?? (base?.kind === 'pull' ? base.from : name)
  }
  const ignore = `${image.dockerfile}.dockerignore`
  const ignoreFile = image.context === '.' && existsSync(join(folder, ignore)) ? ignore : null
  const variables = runVariables(registries)
  const files: Readonly<Record<string, string>> = {
    Dockerfile: rewriteImages(
      parsed,
      stagesOf(parsed.instructions, image.args),
      named,
      Object.keys(variables),
    ),
    variables: Object.entries(variables)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
    'storage.conf': storageConf([...new Set([...bases.values()].map((base) => base.folder))]),
    'registries.conf': registriesConf(registries),
    'containers.conf': CONTAINERS_CONF,
    'policy.json': POLICY,
    arguments: nulList(buildArguments(image, Object.keys(env), ignoreFile)),
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(inside, name), text)
}

async function factsOf(folder: string): Promise<ImageFacts> {
  const [inspected, user] = await Promise.all([
    readDistrusted(join(folder, 'config.json')),
    readDistrusted(join(folder, 'user')),
  ])
  return imageFacts(inspected, user)
}
