import { mkdtemp, readdir, readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ActionFailure } from '../failure.ts'
import { type Finished, run } from '../spawn.ts'

/** What is to be deployed, as it lies on the runner. */
export type Source =
  /** A whole checkout. `history`: whether the commit's parents are there; without them no server can take it. */
  | { readonly kind: 'commit'; readonly folder: string; readonly commit: string; readonly history: boolean }
  /** A folder of a checkout, as the commit has it. */
  | { readonly kind: 'tree'; readonly folder: string; readonly commit: string; readonly tree: string }
  /** A folder that no commit knows, made by an earlier step for example. */
  | { readonly kind: 'files'; readonly folder: string }

type Env = Readonly<Record<string, string>>

/** GIT_CONFIG_COUNT, by which git is given the token, exists since 2.31. */
const OLDEST = [2, 31] as const

const git = (folder: string, env: Env, ...args: string[]): Promise<Finished> =>
  // The folder may belong to another user than the runner's, as in a job with a container.
  run(['git', '-c', 'safe.directory=*', ...args], { cwd: folder, env: { ...env, LC_ALL: 'C' } })

/** @throws ActionFailure when there is no git, or nothing to deploy. */
export async function inspectSource(workspace: string, directory: string, env: Env): Promise<Source> {
  const folder = resolve(workspace, directory)
  const found = await stat(folder).catch(() => null)
  if (found === null || !found.isDirectory()) {
    throw new ActionFailure(
      'Nothing to deploy',
      `There is no folder ${directory} in the workspace.`,
      'Correct the input directory, or put a step with actions/checkout in front of this one.',
    )
  }
  await checkGit(folder, env)
  const inside = await git(folder, env, 'rev-parse', '--is-inside-work-tree', '--show-prefix')
  const [isInside, prefix = ''] = inside.stdout.split('\n')
  const head = await git(folder, env, 'rev-parse', '--verify', '--quiet', 'HEAD^{commit}')
  if (inside.code === 0 && isInside === 'true' && head.code === 0) {
    const commit = head.stdout.trim()
    if (prefix === '')
      return { kind: 'commit', folder, commit, history: await hasParents(folder, commit, env) }
    const tree = await git(
      folder,
      env,
      'rev-parse',
      '--verify',
      '--quiet',
      `HEAD:${prefix.replace(/\/$/, '')}`,
    )
    if (tree.code === 0) return { kind: 'tree', folder, commit, tree: tree.stdout.trim() }
  }
  if ((await readdir(folder)).length > 0) return { kind: 'files', folder }
  throw new ActionFailure(
    'Nothing to deploy',
    `The folder ${directory} is empty.`,
    'Put a step with actions/checkout in front of this one.',
  )
}

async function checkGit(folder: string, env: Env): Promise<void> {
  const { code, stdout } = await git(folder, env, '--version')
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(stdout) ?? []
  if (
    code === 0 &&
    (Number(major) > OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) >= OLDEST[1]))
  )
    return
  throw new ActionFailure(
    'No git',
    code === 0 ? `git ${major}.${minor} on this runner is too old.` : 'There is no git on this runner.',
    `Install git ${OLDEST.join('.')} or newer on the runner, or in the image that the job's container names.`,
  )
}

async function hasParents(folder: string, commit: string, env: Env): Promise<boolean> {
  const { stdout } = await git(folder, env, 'rev-parse', '--git-path', 'shallow')
  const cut = await readFile(resolve(folder, stdout.trim()), 'utf8').catch(() => '')
  return !cut.split('\n').includes(commit)
}

export interface Snapshot {
  /** Of the repository that has it. */
  readonly folder: string
  readonly commit: string
}

/**
 * A commit without parents that has the source's files: what is pushed where history is missing. The same commit gives
 * the same snapshot, unless `fresh` (ISO 8601) asks for one that no branch names yet.
 */
export async function takeSnapshot(
  source: Source,
  facts: {
    readonly repository: string | null
    readonly temp: string
    readonly now: string
    readonly fresh: boolean
  },
  env: Env,
): Promise<Snapshot> {
  if (source.kind === 'files') return ofFiles(source.folder, facts, env)
  const told = await must(
    git(
      source.folder,
      env,
      '-c',
      'log.showSignature=false',
      'show',
      '-s',
      '--format=%an%n%ae%n%aI%n%cI%n%s',
      source.commit,
    ),
    'git show',
  )
  const [name = '', email = '', authored = facts.now, committed = facts.now, subject = ''] = told.split('\n')
  const of = `Snapshot of ${source.commit}${facts.repository === null ? '' : ` of ${facts.repository}`}`
  const identity = {
    ...identityOf(name, email, authored),
    GIT_COMMITTER_DATE: facts.fresh ? facts.now : committed,
  }
  const tree = source.kind === 'tree' ? source.tree : `${source.commit}^{tree}`
  const message = ['-m', subject.trim() === '' ? 'Deploy' : subject, '-m', of]
  const commit = await must(
    git(source.folder, { ...env, ...identity }, 'commit-tree', tree, ...message),
    'git commit-tree',
  )
  return { folder: source.folder, commit: commit.trim() }
}

async function ofFiles(
  folder: string,
  facts: { readonly repository: string | null; readonly temp: string; readonly now: string },
  env: Env,
): Promise<Snapshot> {
  const made = await mkdtemp(join(facts.temp, 'skypanel-source-'))
  const repository = join(made, 'git')
  const here = { ...env, GIT_DIR: repository, GIT_WORK_TREE: folder, ...identityOf('', '', facts.now) }
  await must(git(made, env, 'init', '--quiet', '--bare', '--template=', repository), 'git init')
  await must(git(folder, here, 'add', '--all', '--', '.'), 'git add')
  const tree = (await must(git(folder, here, 'write-tree'), 'git write-tree')).trim()
  const from = facts.repository === null ? '' : ` of ${facts.repository}`
  const commit = await must(
    git(folder, here, 'commit-tree', tree, '-m', `Files of a workflow${from}`),
    'git commit-tree',
  )
  return { folder: repository, commit: commit.trim() }
}

const identityOf = (name: string, email: string, date: string) => ({
  GIT_AUTHOR_NAME: name === '' ? 'GitHub Actions' : name,
  GIT_AUTHOR_EMAIL: email === '' ? 'actions@localhost' : email,
  GIT_AUTHOR_DATE: date,
  GIT_COMMITTER_NAME: 'GitHub Actions',
  GIT_COMMITTER_EMAIL: 'actions@localhost',
  GIT_COMMITTER_DATE: date,
})

async function must(running: Promise<Finished>, what: string): Promise<string> {
  const { code, stdout, stderr } = await running
  if (code === 0) return stdout
  throw new ActionFailure(
    'git failed',
    `${what} ended with ${code}: ${stderr.trim()}`,
    'Check the checkout in front of this step.',
  )
}
