import semver from 'semver'
import type { Note, Tool } from '../plan.ts'
import type { Inventory, Resolution } from './inventory.ts'
import { nearest } from './nearest.ts'
import { endOfLife, isLts, OLDEST_NODE } from './node-releases.ts'
import { type PackageVersion, released, type RegistryPackages } from './registry-packages.ts'
import { staleNote } from './stale-note.ts'

/** npm's name for the platform in the packages that carry Node itself. */
export function nodePackage(architecture: string): string {
  return `node-linux-${architecture}`
}

/** Exact Node versions, as the npm registry carries them. */
export function nodeInventory(packages: RegistryPackages, architecture: string): Inventory {
  return {
    async resolve(tool, { locked, now }) {
      const { versions, staleSince } = await packages.list(nodePackage(architecture), now)
      const chosen = chooseNode(tool, versions, locked, now)
      return chosen.ok
        ? { ...chosen, notes: [...staleNote('node', staleSince, now), ...chosen.notes] }
        : chosen
    },
  }
}

/**
 * The newest version that fits, from a line with long-term support where one fits: `>=18` should not move an app to an
 * odd line on the day it appears.
 */
export function chooseNode(
  tool: Tool,
  offered: readonly PackageVersion[],
  locked: string | null,
  now: number,
): Resolution {
  const usable = released(offered).filter(({ version }) => semver.major(version) >= OLDEST_NODE)
  const kept = usable.find(({ version }) => version === locked && fitsRange(version, tool.want, now))
  const fits = kept === undefined ? usable.filter(({ version }) => fitsRange(version, tool.want, now)) : []
  const supported = fits.filter(
    ({ version }) => isLts(semver.major(version), now) && endOfLife(semver.major(version)) > now,
  )
  const chosen = kept ?? (tool.want === 'latest' ? fits[0] : (supported[0] ?? fits[0]))
  if (chosen !== undefined) {
    return {
      ok: true,
      version: chosen.version,
      hash: chosen.integrity,
      url: chosen.tarball,
      notes: endNotes(tool, chosen.version, now),
    }
  }
  const near = nearest(
    usable.map(({ version }) => version),
    tool.want,
  )
  return {
    ok: false,
    message: `Node ${tool.want} is not available (asked for by ${tool.from})`,
    hint:
      near.length > 0
        ? `The nearest that are: ${near.join(', ')}. A range as in "22.x" also gets later fixes.`
        : 'No version of Node is available; ask the operator to look at the package registry.',
  }
}

function fitsRange(version: string, want: string, now: number): boolean {
  if (want === 'latest') return true
  if (want === 'lts') return isLts(semver.major(version), now)
  return semver.satisfies(version, want)
}

function endNotes(tool: Tool, version: string, now: number): Note[] {
  const major = semver.major(version)
  const end = endOfLife(major)
  if (end > now) return []
  const day = new Date(end).toISOString().slice(0, 10)
  return [
    {
      level: 'warn',
      code: 'node.eol',
      message: `Node ${major} gets no more security fixes since ${day} (asked for by ${tool.from}). Move to a newer line.`,
    },
  ]
}
