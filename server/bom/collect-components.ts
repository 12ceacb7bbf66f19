import { readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { BuildPlan } from '../../buildpacks/plan.ts'
import type { Artifact } from '../contract/nodes.ts'
import { type Component, type Declared, distinct, merge } from './component.ts'
import { scanLayer } from './scan-layer.ts'

/** What layers hold, by their path: a store path's content never changes, and most builds share most layers. */
const known = new Map<string, Component[]>()
const MOST_KNOWN = 50

/** Where this process sees a store path. `nix`: where it sees /nix. Pure. */
const visible = (path: string, nix: string) => path.replace(/^\/nix(?=\/)/, nix)

/** Everything that a build put into its release. */
export async function collectComponents(
  artifact: Pick<Artifact, 'stack' | 'layers' | 'system' | 'image'>,
  plan: BuildPlan,
  declared: readonly Declared[],
  nix: string,
): Promise<Component[]> {
  const groups = new Map(
    declared
      .filter(({ ecosystem }) => ecosystem === 'maven')
      .map(({ name }) => [name.slice(name.indexOf(':') + 1), name.slice(0, name.indexOf(':'))]),
  )
  const layers = await Promise.all(
    artifact.layers.map(async (path) => {
      const before = known.get(path)
      const found = before ?? (await scanLayer(visible(path, nix), groups))
      known.delete(path)
      known.set(path, found)
      const [oldest] = known.keys()
      if (known.size > MOST_KNOWN && oldest !== undefined) known.delete(oldest)
      return found
    }),
  )
  const system = await Promise.all(
    [artifact.stack, ...(artifact.system ?? [])].map((path) => debianPackages(visible(path, nix))),
  )
  const roots =
    artifact.image === undefined
      ? []
      : [join(artifact.stack, 'root'), ...(artifact.image.base === null ? [] : [artifact.image.base])]
  const image = await imagePackages(roots.map((root) => visible(root, nix)))
  return distinct([...merge(declared, layers.flat()), ...system.flat(), ...image, ...toolsOf(plan)])
}

/** What dpkg knows of an image. The tree is a stranger's: a link that leads out of it is not followed. */
async function imagePackages(roots: readonly string[]): Promise<Component[]> {
  const from = 'var/lib/dpkg/status'
  let text = ''
  for (const root of roots) {
    const file = await realpath(join(root, from)).catch(() => null)
    if (file === null || !file.startsWith(`${await realpath(root)}/`)) continue
    text = await readFile(file, 'utf8').catch(() => '')
    break
  }
  return text.split('\n\n').flatMap((entry) => {
    const field = (name: string) => new RegExp(`^${name}: (\\S+)$`, 'm').exec(entry)?.[1]
    const [name, version] = [field('Package'), field('Version')]
    const there = /^Status: install ok installed$/m.test(entry)
    return there && name !== undefined && version !== undefined
      ? [{ ecosystem: 'deb' as const, name, version, from }]
      : []
  })
}

/** A layer of the system holds a list of its packages, one `name version` a line. */
async function debianPackages(layer: string): Promise<Component[]> {
  const from = 'usr/share/skypanel/packages'
  const text = await readFile(join(layer, from), 'utf8').catch(() => '')
  return [...text.matchAll(/^([a-z0-9][a-z0-9+.-]+)(?::\w+)? (\S+)$/gm)].map(
    ([, name = '', version = '']) => ({
      ecosystem: 'deb',
      name,
      version,
      from,
    }),
  )
}

/** The languages that run in the release, each by its exact version. */
function toolsOf({ tools }: BuildPlan): Component[] {
  return tools.flatMap(({ name, version, phase, from }) =>
    version === null || !phase.includes('run')
      ? []
      : [{ ecosystem: 'generic' as const, name, version, from }],
  )
}
