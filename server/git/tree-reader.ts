import fs from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { runGit } from './spawn-git.ts'

export interface CommitFacts {
  readonly subject: string
  readonly author: string
}

/** isomorphic-git reads a whole pack to get at one object of it: beyond this it is git's turn. */
const MAX_PACK = 8 << 20

// Loaded by the first push: a server that gets none is spared a megabyte of code.
const library = async () => (await import('isomorphic-git')).default

/** The commit that a full ref name stands at, or null. Read in this process: starting git takes longer than asking it. */
export async function refTip(repo: string, ref: string): Promise<string | null> {
  const git = await library()
  try {
    return await git.resolveRef({ fs, gitdir: repo, ref })
  } catch (error) {
    if (error instanceof git.Errors.NotFoundError) return null
    throw error
  }
}

/** Who wrote a commit, and its first line, cut to 200 characters. `byGit`: it may be an alternate's, or shallow. */
export async function readCommit(repo: string, commit: string, byGit = false): Promise<CommitFacts> {
  if (byGit || (await hasBigPack(repo))) {
    const { stdout } = await runGit([
      '-C',
      repo,
      'log',
      '-1',
      '--no-show-signature',
      '--format=%an <%ae>%n%s',
      '--end-of-options',
      commit,
    ])
    const [author = '', subject = ''] = stdout.split('\n')
    return { author, subject: subject.slice(0, 200) }
  }
  const git = await library()
  const { commit: facts } = await git.readCommit({ fs, gitdir: repo, oid: commit })
  const subject = facts.message.trimStart().split('\n', 1)[0] ?? ''
  return { author: `${facts.author.name} <${facts.author.email}>`, subject: subject.slice(0, 200) }
}

async function hasBigPack(repo: string): Promise<boolean> {
  const packs = join(repo, 'objects', 'pack')
  for (const name of await readdir(packs).catch(() => [])) {
    if (name.endsWith('.pack') && (await stat(join(packs, name))).size > MAX_PACK) return true
  }
  return false
}
