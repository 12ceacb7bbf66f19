import semver from 'semver'
import type { Tool } from '../plan.ts'
import type { Inventory, Resolution } from './inventory.ts'
import { nearest } from './nearest.ts'
import { bundledNpm } from './node-releases.ts'
import { type PackageVersion, released, type RegistryPackages } from './registry-packages.ts'
import { staleNote } from './stale-note.ts'

/** Exact npm versions that fit the Node that was chosen before. */
export function npmInventory(packages: RegistryPackages): Inventory {
  return {
    async resolve(tool, { resolved, locked, now }) {
      const node = resolved.get('node')
      if (node === undefined)
        return {
          ok: false,
          message: 'npm was asked for without a Node',
          hint: 'The buildpack must name node before npm.',
        }
      const { versions, staleSince } = await packages.list('npm', now)
      const chosen = chooseNpm(tool, versions, node, locked)
      return chosen.ok
        ? { ...chosen, notes: [...staleNote('npm', staleSince, now), ...chosen.notes] }
        : chosen
    },
  }
}

/** The newest that fits of the major that Node came with; another major only where that one does not fit what is asked. */
export function chooseNpm(
  tool: Tool,
  offered: readonly PackageVersion[],
  node: string,
  locked: string | null,
): Resolution {
  const usable = released(offered)
  const worksWith = (one: PackageVersion) =>
    one.node === null || semver.validRange(one.node) === null || semver.satisfies(node, one.node)
  const kept = usable.find(
    (one) => one.version === locked && worksWith(one) && semver.satisfies(one.version, tool.want),
  )
  const works = kept === undefined ? usable.filter(worksWith) : []
  const fits = works.filter(({ version }) => semver.satisfies(version, tool.want))
  const major = bundledNpm(semver.major(node))
  const chosen = kept ?? fits.find(({ version }) => semver.major(version) === major) ?? fits[0]
  if (chosen !== undefined)
    return { ok: true, version: chosen.version, hash: chosen.integrity, url: chosen.tarball, notes: [] }
  const exists = usable.find(({ version }) => semver.satisfies(version, tool.want))
  const near = nearest(
    works.map(({ version }) => version),
    tool.want,
  )
  return {
    ok: false,
    message:
      exists === undefined
        ? `npm ${tool.want} is not available (asked for by ${tool.from})`
        : `npm ${exists.version} does not work with Node ${node}: it needs ${exists.node ?? 'another'} (asked for by ${tool.from})`,
    hint: `With Node ${node} these work: ${near.join(', ')}. Or ask for another Node in package.json#engines.node.`,
  }
}
