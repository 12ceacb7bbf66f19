import { lstat, mkdir, open, readFile, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DomainError } from '../domain/errors.ts'
import { archiveInto } from './spawn-git.ts'

const LFS_POINTER = 'version https://git-lfs.github.com/spec/'
/** Pointers have about 130 bytes; more files than this are not looked into. */
const LFS_MAX_BYTES = 200
const LFS_MAX_FILES = 2_000

/**
 * Writes a commit's tree to a folder that is made anew. Returns warnings for the pusher. What .gitattributes marks
 * `export-ignore` is left out, as with any `git archive`.
 */
export async function exportCommit(repo: string, commit: string, folder: string): Promise<string[]> {
  if (!/^[0-9a-f]{40,64}$/.test(commit)) throw new DomainError('bad_request', `${commit} is not a commit.`)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const { code, stderr } = await archiveInto(repo, commit, folder)
  if (code !== 0) {
    const full = /No space left|Disk quota/i.test(stderr)
    throw new DomainError(
      full ? 'disk_full' : 'build_failed',
      full
        ? 'There is no space left to unpack the commit. Free some on the machine and push again.'
        : `The commit could not be unpacked: ${stderr.trim().split('\n').at(-1) ?? ''}`,
    )
  }
  return [...(await submodules(folder)), ...(await lfsPointers(folder))]
}

async function submodules(folder: string): Promise<string[]> {
  const file = join(folder, '.gitmodules')
  const found = await lstat(file).catch(() => null)
  if (found?.isFile() !== true) return []
  const text = await readFile(file, 'utf8')
  const paths = [...text.matchAll(/^\s*path\s*=\s*(.+?)\s*$/gm)].map(([, path]) => path)
  return [
    `Submodules are not fetched: ${paths.join(', ') || '.gitmodules'} will be empty. Copy their content into the repository.`,
  ]
}

/** git-lfs sends a small text file in the place of each big one; an app with those would start and be wrong. */
async function lfsPointers(folder: string): Promise<string[]> {
  const attributes = await readFile(join(folder, '.gitattributes'), 'utf8').catch(() => '')
  if (!attributes.includes('filter=lfs')) return []
  const found: string[] = []
  let looked = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || looked >= LFS_MAX_FILES || found.length >= 3) continue
    const path = join(entry.parentPath, entry.name)
    if ((await lstat(path)).size > LFS_MAX_BYTES) continue
    looked += 1
    if ((await firstBytes(path)).startsWith(LFS_POINTER)) found.push(path.slice(folder.length + 1))
  }
  if (found.length === 0) return []
  return [
    `Git LFS is not supported: ${found.join(', ')} hold pointers instead of content. Commit the files themselves.`,
  ]
}

async function firstBytes(path: string): Promise<string> {
  await using file = await open(path, 'r')
  const { buffer, bytesRead } = await file.read(Buffer.alloc(LFS_POINTER.length), 0, LFS_POINTER.length, 0)
  return buffer.toString('latin1', 0, bytesRead)
}
