import { createHash } from 'node:crypto'
import type { Tool } from '../plan.ts'
import { OTHER_PYTHONS } from '../python/debian.ts'
import { type StageSpec, storeName, type StorePath, type Toolchain } from './expression.ts'
import { BuildStopped } from './failure.ts'
import type { Stack } from './stack.ts'
import { goToolchain } from './toolchain-go.ts'
import { toolStage } from './tool-stage.ts'
import { pypiToolchain } from './toolchain-pypi.ts'

/** How a tool of a plan is made: by one derivation of either expression. */
export type ToolRecipe =
  | { readonly expression: 'toolchain.nix'; readonly spec: ToolSpec }
  | { readonly expression: 'stage.nix'; readonly spec: StageSpec }

export interface ToolSpec {
  readonly name: string
  readonly stack: string
  readonly loader: string
  readonly libraries: readonly string[]
  readonly archives: readonly { name: string; url: string; hash: string }[]
  readonly script: string
  readonly outputs: readonly string[]
}

/** Tools that come as one tarball of the npm registry; the second output holds what only builds need. */
const UNPACKED: Readonly<Record<string, { script: string; outputs: readonly string[] }>> = {
  node: { script: 'unpack-node.sh', outputs: ['out', 'dev'] },
  npm: { script: 'unpack-npm.sh', outputs: ['out'] },
  pnpm: { script: 'unpack-pnpm.sh', outputs: ['out'] },
  yarn: { script: 'unpack-yarn.sh', outputs: ['out'] },
  bun: { script: 'unpack-bun.sh', outputs: ['out'] },
  deno: { script: 'unpack-deno.sh', outputs: ['out'] },
}

function fromRegistry(tool: Tool, stack: Stack): ToolRecipe {
  const how = UNPACKED[tool.name]
  if (how === undefined) throw notYet(tool)
  if (tool.hash === null || tool.url === null || tool.url === undefined || tool.version === null) {
    throw new BuildStopped(
      'internal_error',
      `The plan names no exact ${tool.name}: it was not resolved`,
      'Push again; if it stays, report it.',
    )
  }
  const spec: ToolSpec = {
    name: storeName(tool.name, tool.version),
    stack: stack.path,
    loader: stack.loader,
    libraries: stack.libraries,
    archives: [{ name: tool.name, url: tool.url, hash: tool.hash }],
    ...how,
  }
  return { expression: 'toolchain.nix', spec }
}

/** Packages of the stack's own suite, unpacked: programs that need nothing besides the stack, e.g. Caddy. */
function fromDebian(tool: Tool, stack: Stack): ToolRecipe {
  if (!/^[a-z0-9][a-z0-9+.-]+$/.test(tool.name)) throw notYet(tool)
  const commands = [
    'mkdir -p /tmp/apt/lists/partial /tmp/apt/cache/archives/partial /tmp/apt/unpacked',
    'suite=$(. /etc/os-release; echo "$VERSION_CODENAME")',
    'echo "deb $SKYPANEL_APT_ARCHIVE $suite main" > /tmp/apt/sources.list',
    '[ -z "$SKYPANEL_APT_SECURITY" ] || echo "deb $SKYPANEL_APT_SECURITY $suite-security main" >> /tmp/apt/sources.list',
    `printf '%s\\n' 'Dir::Etc::sourcelist "/tmp/apt/sources.list";' 'Dir::Etc::sourceparts "-";' 'Dir::State "/tmp/apt";' 'Dir::State::status "/var/lib/dpkg/status";' 'Dir::Cache "/tmp/apt/cache";' 'APT::Sandbox::User "";' 'Acquire::Languages "none";' > /tmp/apt/apt.conf`,
    'export APT_CONFIG=/tmp/apt/apt.conf; cd /tmp/apt',
    'apt-get -qq update',
    `apt-get -qq download ${tool.name}`,
    'dpkg-deb -x ./*.deb /tmp/apt/unpacked',
    'mkdir -p /app/bin; cp -a /tmp/apt/unpacked/usr/bin/. /app/bin/',
  ]
  return { expression: 'stage.nix', spec: toolStage(storeName(stack.name, tool.name), stack, commands) }
}

const notYet = (tool: Tool) =>
  new BuildStopped(
    'build_failed',
    `This platform cannot provide ${tool.name} from ${tool.source} yet`,
    'Ask for a version that the stack carries, or remove the request.',
  )

const noPython = (tool: Tool) =>
  new BuildStopped(
    'build_failed',
    `Python ${tool.want} was asked for by ${tool.from}, and no suite of Debian has it`,
    `The stack's Python can be had, and as layers over it ${OTHER_PYTHONS.join(', ')}: name one of them, or a range that includes one.`,
  )

/** Null: the stack has it, or a layer over it will. */
export function toolRecipe(tool: Tool, stack: Stack): ToolRecipe | null {
  if (tool.source === 'stack' || tool.source === 'maven' || tool.layer !== undefined) return null
  if (tool.source === 'npm') return fromRegistry(tool, stack)
  if (tool.source === 'pypi') return { expression: 'stage.nix', spec: pypiToolchain(tool, stack) }
  if (tool.name === 'python') throw noPython(tool)
  if (tool.source === 'debian') return fromDebian(tool, stack)
  if (tool.source === 'goproxy' && tool.name === 'go')
    return { expression: 'stage.nix', spec: goToolchain(tool, stack) }
  throw notYet(tool)
}

/** The URL says only where the bytes are found; the hash says which. */
export function toolKey(recipe: ToolRecipe, revision: string): string {
  const spec =
    recipe.expression === 'toolchain.nix'
      ? { ...recipe.spec, archives: recipe.spec.archives.map(({ name, hash }) => ({ name, hash })) }
      : recipe.spec
  return createHash('sha256')
    .update(JSON.stringify(['tool', revision, spec]))
    .digest('hex')
}

export function asToolchain(tool: Tool, run: StorePath, build: StorePath | null): Toolchain {
  return { name: tool.name, run, build, phases: tool.phase, version: tool.version }
}
