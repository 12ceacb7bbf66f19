import { z } from 'zod'
import type { FileView } from '../file-view.ts'
import { type Refusal, refuse } from '../provider.ts'

/** What the inputs of a flake come from. */
export interface LockedInputs {
  readonly ok: true
  /** Names of inputs, own and indirect, that are not in the repository. */
  readonly remote: readonly string[]
  /** Whether an input is a folder of the repository. */
  readonly local: boolean
  /** Beginnings of the addresses by which Nix knows them, e.g. `github:`. */
  readonly schemes: readonly string[]
}

const MAX_BYTES = 4 << 20
const RELOCK = 'Run `nix flake lock`, commit flake.lock, and push again.'
/** Where Nix can fetch by a commit or a hash, without an account. */
const HOSTS = ['github', 'gitlab', 'sourcehut']
const BY_URL = ['git', 'tarball', 'file']

const Lock = z.object({
  version: z.number().int(),
  root: z.string(),
  nodes: z.record(
    z.string(),
    z.object({ locked: z.record(z.string(), z.unknown()).optional(), parent: z.unknown().optional() }),
  ),
})
type Node = z.infer<typeof Lock>['nodes'][string]

/** Comments and strings that hold no address say nothing of inputs. */
const withoutComments = (text: string) => text.replaceAll(/\/\*[\s\S]*?\*\/|(?<![:"'\w/])#[^\n]*/g, '')

/** Whether flake.nix names inputs, as far as that shows without evaluating it. */
export function namesInputs(text: string): boolean {
  return /(?<![\w.'-])inputs\s*(?:\.\s*(?!self\b)[\w'"-]+\s*(?:\.|=)|=\s*\{(?!\s*\}))/.test(
    withoutComments(text),
  )
}

/** The inputs that flake.lock names. Pure; refuses what is not exact and what only its author's machine has. */
export function lockedInputs(view: FileView): LockedInputs | Refusal {
  const file = view.read('flake.lock', MAX_BYTES)
  if (!file.ok && file.reason === 'missing') {
    const flake = view.read('flake.nix', MAX_BYTES)
    if (!flake.ok || !namesInputs(flake.text)) return { ok: true, remote: [], local: false, schemes: [] }
    return refuse('flake.nix has inputs, and there is no flake.lock that says which versions of them', RELOCK)
  }
  const lock = file.ok ? parseLock(file.text) : null
  if (lock === null) return refuse('flake.lock cannot be read', RELOCK)
  const remote: string[] = []
  const schemes = new Set<string>()
  let local = false
  for (const [name, node] of Object.entries(lock.nodes)) {
    if (name === lock.root) continue
    const found = lookAt(name, node)
    if (!found.ok) return found
    if (found.scheme === null) local = true
    else {
      remote.push(name)
      schemes.add(found.scheme)
    }
  }
  return { ok: true, remote: remote.sort(), local, schemes: [...schemes].sort() }
}

function parseLock(text: string): z.infer<typeof Lock> | null {
  try {
    const lock = Lock.safeParse(JSON.parse(text))
    return lock.success ? lock.data : null
  } catch {
    return null
  }
}

const textOf = (node: Node, key: string) => {
  const value = node.locked?.[key]
  return typeof value === 'string' ? value : ''
}

/** `scheme` null: a folder of the repository. */
function lookAt(name: string, node: Node): { ok: true; scheme: string | null } | Refusal {
  const shown = name.slice(0, 80)
  if (node.locked === undefined) return refuse(`flake.lock names no version of the input "${shown}"`, RELOCK)
  const type = textOf(node, 'type')
  if (type === 'path') {
    const path = textOf(node, 'path')
    if (!path.startsWith('/') && path !== '') return { ok: true, scheme: null }
    return refuse(
      `The input "${shown}" of flake.nix is the folder ${path.slice(0, 80)} of a machine`,
      'Name a folder of the repository by a relative path, as in `path:./lib`, or a repository that can be fetched.',
    )
  }
  if (!/^sha256-[A-Za-z0-9+/]{43}=$/.test(textOf(node, 'narHash')))
    return refuse(`flake.lock has no hash of the input "${shown}"`, RELOCK)
  if (HOSTS.includes(type)) return { ok: true, scheme: `${type}:` }
  const url = textOf(node, 'url')
  if (BY_URL.includes(type) && /^https?:\/\//.test(url)) {
    const protocol = url.slice(0, url.indexOf(':') + 1)
    return { ok: true, scheme: type === 'git' ? `git+${protocol}` : protocol }
  }
  return refuse(
    `The input "${shown}" of flake.nix is fetched by ${type === '' ? 'nothing that is known' : `${type} from ${url.slice(0, 80)}`}, which builds cannot do`,
    'Inputs come from github, gitlab, sourcehut, or by https from git repositories and archives.',
  )
}
