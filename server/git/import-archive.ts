import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline, type Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { createGunzip } from 'node:zlib'
import { judgeEntry, onlyFolder } from '../domain/archive-entry.ts'
import { DomainError } from '../domain/errors.ts'
import { keepObjects } from './keep-objects.ts'
import { initBare, readRef } from './repo.ts'
import { keepUpload } from './sources-repo.ts'
import { signalGroup, spawnTransport } from './spawn-git.ts'
import { type TarEntry, tarEntries } from './tar-entries.ts'

export interface ImportLimits {
  /** Bytes as sent. */
  readonly archive: number
  /** Bytes of all files. */
  readonly unpacked: number
  readonly files: number
}

export interface ImportFacts {
  readonly repo: string
  /** Of the upload. */
  readonly id: string
  /** `Name <address>` of who uploads. */
  readonly author: string
  readonly message: string
  /** Seconds since 1970. */
  readonly now: number
}

interface Found {
  readonly mode: '100644' | '100755' | '120000'
  readonly mark: number
}

/** ms that a client whose archive was refused has to end. */
const PATIENCE = 10_000

/** Not gzip and not tar, by their first bytes. */
const OTHERS: readonly (readonly [string, string])[] = [
  ['504b0304', 'a zip archive'],
  ['28b52ffd', 'packed with zstd'],
  ['fd377a58', 'packed with xz'],
  ['425a68', 'packed with bzip2'],
]

/**
 * Makes a commit of an archive as it arrives: each file goes from the connection straight into git's object database
 * and none into a file system, so there is no path that it could escape to, and nothing of it is held in memory. The
 * ref is there once all of it was right, or never. Errors: bad_request, too_large, build_failed (an entry is refused).
 */
export async function importArchive(
  body: Readable,
  facts: ImportFacts,
  limits: ImportLimits,
  signal: AbortSignal,
): Promise<{ commit: string; files: number; bytes: number }> {
  const { repo, id } = facts
  // A quarantine as pushes have one: half an upload is one folder, removed here or by the next sweep.
  const draft = join(repo, 'objects', `incoming-${randomUUID()}`)
  try {
    await initBare(draft)
    const { commit, ...counts } = await intoDraft(draft, body, facts, limits, signal)
    await keepObjects(repo, join(draft, 'objects'))
    await keepUpload(repo, id, commit)
    return { commit, ...counts }
  } catch (error) {
    if (signal.aborted || (body.destroyed && !body.readableEnded))
      throw new DomainError('bad_request', 'The upload broke off before its end.', { cause: error })
    await hearOut(body, limits.archive)
    throw asDomainError(error)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

const DRAFT = 'refs/heads/upload'

async function intoDraft(
  repo: string,
  body: Readable,
  facts: ImportFacts,
  limits: ImportLimits,
  signal: AbortSignal,
): Promise<{ commit: string; files: number; bytes: number }> {
  const child = spawnTransport(
    [...settings, '-C', repo, 'fast-import', '--quiet', '--done', '--date-format=raw'],
    {},
  )
  const closed = new Promise<number>((resolve) => {
    child.once('error', () => resolve(127))
    child.once('close', (code) => resolve(code ?? 1))
  })
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2000)))
  child.stdout?.resume()
  const { stdin } = child
  if (stdin === null) throw new Error('git has no input')
  stdin.on('error', () => undefined) // It ended; its exit code tells.
  const write = async (data: string | Buffer) => {
    signal.throwIfAborted()
    if (child.exitCode !== null || stdin.destroyed) throw new Error(`git fast-import ended: ${said}`)
    if (!stdin.write(data)) await Promise.race([once(stdin, 'drain'), closed])
  }
  try {
    const { found, namesRoot, bytes } = await writeFiles(await unpacked(body, limits), write, limits)
    if (found.size === 0) throw new DomainError('bad_request', 'The archive holds no files.')
    const top = onlyFolder(found.keys(), namesRoot)
    const skip = top === null ? 0 : top.length + 1
    const message = Buffer.from(facts.message)
    const author = facts.author.replace(/\p{Cc}/gu, ' ')
    await write(`commit ${DRAFT}\ncommitter ${author} ${facts.now} +0000\ndata ${message.length}\n`)
    await write(Buffer.concat([message, Buffer.from('\ndeleteall\n')]))
    for (const [path, { mode, mark }] of found) await write(`M ${mode} :${mark} ${path.slice(skip)}\n`)
    await write('done\n')
    stdin.end()
    if ((await closed) !== 0) throw new Error(`git fast-import failed: ${said}`)
    const commit = await readRef(repo, DRAFT)
    if (commit === null) throw new Error('git fast-import made no commit')
    return { commit, files: found.size, bytes }
  } catch (error) {
    signalGroup(child, 'SIGKILL')
    await closed
    throw error
  }
}

const settings = ['safe.directory=*', 'core.bigFileThreshold=1m', 'core.compression=1'].flatMap((one) => [
  '-c',
  one,
])

async function writeFiles(
  source: AsyncIterable<Uint8Array>,
  write: (data: string | Buffer) => Promise<void>,
  limits: ImportLimits,
): Promise<{ found: Map<string, Found>; namesRoot: boolean; bytes: number }> {
  const found = new Map<string, Found>()
  const folders = new Set<string>()
  let namesRoot = false
  let bytes = 0
  let mark = 0
  let entries = 0
  // Each entry has a header, and may have a second one for a long name.
  for await (const entry of tarEntries(source, limits.unpacked + 4096 * limits.files)) {
    entries += 1
    if (entries > 2 * limits.files || found.size >= limits.files)
      throw new DomainError('too_large', `The archive holds more than ${limits.files} files.`)
    const verdict = judgeEntry(entry)
    if (verdict.kind === 'refuse')
      throw new DomainError('build_failed', `The archive is refused: ${verdict.why}.`)
    if (verdict.kind === 'skip') {
      if (/^[./]*$/.test(entry.path)) namesRoot = true
      for await (const _ of entry.content);
      continue
    }
    const { path } = verdict
    refuseClash(path, entry.kind === 'folder', found, folders)
    if (entry.kind === 'folder') continue
    if (entry.kind === 'hard link') {
      const to = judgeEntry({ path: entry.target, kind: 'file', target: '' })
      const same = to.kind === 'take' ? found.get(to.path) : undefined
      if (same === undefined)
        throw new DomainError(
          'build_failed',
          `The archive is refused: ${JSON.stringify(path)} is a hard link to a file that is not in it.`,
        )
      found.set(path, same)
      continue
    }
    bytes += entry.size
    if (bytes > limits.unpacked)
      throw new DomainError('too_large', `The archive unpacks to more than ${megabytes(limits.unpacked)} MB.`)
    mark += 1
    found.set(path, { mode: modeOf(entry), mark })
    const link = entry.kind === 'link' ? Buffer.from(entry.target) : null
    await write(`blob\nmark :${mark}\ndata ${link?.length ?? entry.size}\n`)
    if (link !== null) await write(link)
    else for await (const piece of entry.content) await write(piece)
    await write('\n')
  }
  return { found, namesRoot, bytes }
}

/** A file that lies "in" a file or link would be written through it. */
function refuseClash(
  path: string,
  isFolder: boolean,
  found: ReadonlyMap<string, Found>,
  folders: Set<string>,
): void {
  const clash = (of: string) =>
    new DomainError(
      'build_failed',
      `The archive is refused: ${JSON.stringify(of)} is a file and a folder in it.`,
    )
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) {
    const folder = path.slice(0, at)
    if (found.has(folder)) throw clash(folder)
    folders.add(folder)
  }
  if (isFolder ? found.has(path) : folders.has(path)) throw clash(path)
  if (isFolder) folders.add(path)
}

const modeOf = ({ kind, executable }: TarEntry): Found['mode'] =>
  kind === 'link' ? '120000' : executable ? '100755' : '100644'

const megabytes = (bytes: number) => Math.floor(bytes / 1_000_000)

/** The archive's own bytes: gzip is unpacked on the way. */
async function unpacked(body: Readable, limits: ImportLimits): Promise<AsyncIterable<Uint8Array>> {
  const iterator = counted(body, limits.archive)[Symbol.asyncIterator]()
  const first = await iterator.next()
  if (first.done === true) throw new DomainError('bad_request', 'The upload is empty.')
  const whole = again(first.value, iterator)
  const start = Buffer.from(first.value.subarray(0, 4)).toString('hex')
  const other = OTHERS.find(([magic]) => start.startsWith(magic))
  if (other !== undefined)
    throw new DomainError('bad_request', `The upload is ${other[1]}. Send a tar archive, plain or gzip.`)
  if (!start.startsWith('1f8b')) return whole
  const gunzip = createGunzip()
  return pipeline(whole, gunzip, () => undefined)
}

async function* again<T>(first: T, rest: AsyncIterator<T>): AsyncGenerator<T> {
  yield first
  for (;;) {
    const { done, value } = await rest.next()
    if (done === true) return
    yield value
  }
}

async function* counted(body: Readable, most: number): AsyncGenerator<Uint8Array> {
  let size = 0
  // Left early, the connection has to stay: the answer is yet to come.
  for await (const chunk of body.iterator({ destroyOnReturn: false })) {
    const piece = chunk as Uint8Array
    size += piece.byteLength
    if (size > most)
      throw new DomainError(
        'too_large',
        `The archive is larger than ${megabytes(most)} MB. Leave out what the build makes or fetches (.gitignore, .slugignore).`,
      )
    yield piece
  }
}

/** Takes what a client still sends, within bounds: cut off in the middle, it would not come to read why. */
async function hearOut(body: Readable, most: number): Promise<void> {
  if (body.readableEnded) return
  let left = most
  body.on('data', (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) body.destroy()
  })
  await Promise.race([
    once(body, 'close'),
    once(body, 'end'),
    sleep(PATIENCE, undefined, { ref: false }),
  ]).catch(() => undefined)
}

function asDomainError(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code.startsWith('Z_'))
    return new DomainError('bad_request', 'The archive is damaged: it cannot be unpacked.', { cause: error })
  return error
}
