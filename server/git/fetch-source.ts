import { DomainError } from '../domain/errors.ts'
import { openGuardedProxy } from './guarded-proxy.ts'
import { readRef } from './repo.ts'
import { runFetch, runGit } from './spawn-git.ts'
import { ensureSources, sourceRef } from './sources-repo.ts'

export interface FetchOrder {
  readonly build: string
  readonly url: string
  readonly ref: string
  /** `user:secret` */
  readonly credentials: string | null
}

export interface FetchLimits {
  /** Bytes that may come over the network. */
  readonly bytes: number
  readonly seconds: number
  /** Of the tree that is fetched. */
  readonly unpacked: number
  readonly files: number
  /** Hosts that may be private, and be asked by plain http. */
  readonly allowed: readonly string[]
}

/** Names of others that curl follows one after the other; each costs a connection, and git asks twice or three times. */
const MOST_CONNECTIONS = 12

/**
 * Fetches one commit of a repository elsewhere, without its history, and lets the build's ref name it. Done before, it
 * is not done again, so a build goes on with the commit that it began with. Errors: build_failed, too_large.
 */
export async function fetchSource(
  root: string,
  app: string,
  order: FetchOrder,
  limits: FetchLimits,
  signal: AbortSignal,
): Promise<string> {
  const repo = await ensureSources(root, app)
  const target = sourceRef(order.build)
  const where = `${order.ref} of ${order.url}`
  if ((await readRef(repo, target)) === null) await download(repo, target, where, order, limits, signal)
  const commit = await commitOf(repo, target)
  if (commit === null) throw new DomainError('build_failed', `${where} is no commit.`)
  await refuseHuge(repo, target, where, limits)
  return commit
}

async function download(
  repo: string,
  target: string,
  where: string,
  order: FetchOrder,
  limits: FetchLimits,
  signal: AbortSignal,
): Promise<void> {
  await using proxy = await openGuardedProxy({
    bytes: limits.bytes,
    connections: MOST_CONNECTIONS,
    allowed: limits.allowed,
  })
  const late = AbortSignal.timeout(limits.seconds * 1000)
  const { code, stderr } = await runFetch(
    [
      '-C',
      repo,
      'fetch',
      '--quiet',
      '--no-tags',
      '--no-recurse-submodules',
      '--no-write-fetch-head',
      '--no-auto-maintenance',
      '--depth=1',
      '--end-of-options',
      order.url,
      `+${order.ref}:${target}`,
    ],
    configuration(order, proxy.url),
    AbortSignal.any([signal, late]),
  )
  signal.throwIfAborted()
  if (code === 0) return
  const why = proxy.refused()
  if (why !== null) throw new DomainError('build_failed', `${where} was not fetched: ${why}.`)
  if (late.aborted)
    throw new DomainError('build_failed', `${where} was not there within ${limits.seconds} s.`)
  throw new DomainError('build_failed', `${where} was not fetched: ${reasonOf(stderr, order)}.`)
}

/** As environment variables: an argv can be read by every process of the machine, and holds no secret. */
function configuration(order: FetchOrder, proxy: string): Record<string, string> {
  const settings: [string, string][] = [
    ['http.proxy', proxy],
    ['http.proxyAuthMethod', 'basic'],
    ['http.followRedirects', order.credentials === null ? 'initial' : 'false'],
    ['http.lowSpeedLimit', '1000'],
    ['http.lowSpeedTime', '30'],
    ['transfer.fsckObjects', 'true'],
    ['fetch.unpackLimit', '1'],
    ['core.hooksPath', '/dev/null'],
    ['credential.helper', ''],
    ['gc.auto', '0'],
    ['safe.directory', '*'],
  ]
  if (order.credentials !== null) {
    const basic = Buffer.from(order.credentials).toString('base64')
    settings.push([`http.${new URL(order.url).origin}/.extraHeader`, `Authorization: Basic ${basic}`])
  }
  return {
    GIT_ALLOW_PROTOCOL: 'https:http',
    GIT_PROTOCOL_FROM_USER: '0',
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(
      settings.flatMap(([key, value], at) => [
        [`GIT_CONFIG_KEY_${at}`, key],
        [`GIT_CONFIG_VALUE_${at}`, value],
      ]),
    ),
  }
}

/** git's own last words, in which a user can recognise the mistake; nothing that opens a repository is said. */
function reasonOf(stderr: string, order: FetchOrder): string {
  if (/could not read Username|Authentication failed|terminal prompts disabled/i.test(stderr))
    return 'the repository asks for a user name and a token (https://user:token@host/…)'
  if (/couldn't find remote ref|not our ref|remote error: upload-pack: not our ref/i.test(stderr))
    return `there is no branch, tag or commit ${order.ref}`
  if (/Repository not found|not found/i.test(stderr))
    return 'there is no such repository, or it is not to be seen'
  const last = stderr
    .split('\n')
    .filter((line) => /^(fatal|error|remote):/.test(line))
    .at(-1)
    ?.replace(/^(fatal|error|remote):\s*/, '')
    .replaceAll(/\/\/[^/@\s]*@/g, '//')
  return last === undefined || last === '' ? 'git failed' : last.slice(0, 300).replace(/\.$/, '')
}

/** An annotated tag names a commit; the ref is to name that itself. */
async function commitOf(repo: string, ref: string): Promise<string | null> {
  const found = await readRef(repo, `${ref}^{commit}`)
  if (found === null) {
    await runGit(['-C', repo, 'update-ref', '-d', ref])
    return null
  }
  await runGit(['-C', repo, 'update-ref', '--no-deref', ref, found])
  return found
}

/** A pack of a few megabytes can hold files of many gigabytes: it is looked at before anything is unpacked. */
async function refuseHuge(repo: string, ref: string, where: string, limits: FetchLimits): Promise<void> {
  const { stdout } = await runGit(['-C', repo, 'ls-tree', '-r', '--format=%(objectsize)', ref])
  let bytes = 0
  let files = 0
  for (const line of stdout.split('\n')) {
    if (line === '') continue
    files += 1
    bytes += Number(line) || 0
  }
  const drop = async (message: string) => {
    await runGit(['-C', repo, 'update-ref', '-d', ref])
    throw new DomainError('too_large', message)
  }
  if (files > limits.files) await drop(`${where} has more than ${limits.files} files.`)
  if (bytes > limits.unpacked)
    await drop(`${where} unpacks to more than ${Math.floor(limits.unpacked / 1_000_000)} MB.`)
}
