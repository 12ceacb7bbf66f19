import semver from 'semver'
import type { Tool } from '../plan.ts'
import type { Inventory, Resolution, ResolveContext } from './inventory.ts'
import { nearest } from './nearest.ts'
import type { PackageList, PackageVersion, RegistryPackages } from './registry-packages.ts'
import { staleNote } from './stale-note.ts'

/** The old yarn and the new one are two packages. */
const YARN = { classic: 'yarn', berry: '@yarnpkg/cli-dist' } as const

/** npm's names for the platform in the packages that carry programs. */
const bunPackage = (architecture: string) =>
  `@oven/bun-linux-${architecture === 'arm64' ? 'aarch64' : architecture}`
const pnpmPackage = (architecture: string) => `@pnpm/exe.linux-${architecture}`
/** From here on the package of pnpm holds no program, but loads one when it is installed. */
const PNPM_PROGRAM = 12

export function pnpmInventory(packages: RegistryPackages, architecture: string): Inventory {
  return {
    async resolve(tool, context) {
      const listed = await packages.list('pnpm', context.now)
      const chosen = chooseManager(tool, listed.versions, context)
      if (!chosen.ok || chosen.version === null || semver.major(chosen.version) < PNPM_PROGRAM)
        return withNotes(chosen, tool, listed, context)
      const programs = await packages.list(pnpmPackage(architecture), context.now)
      const program = programs.versions.find(({ version }) => version === chosen.version)
      if (program === undefined)
        return {
          ok: false,
          message: `pnpm ${chosen.version} has no program for this kind of machine (${architecture})`,
          hint: 'Ask for pnpm 11 or older in package.json#packageManager.',
        }
      // A hash in package.json is that of the package, and the program is another one.
      return withNotes({ ...chosen, hash: program.integrity, url: program.tarball }, tool, listed, context)
    },
  }
}

export function yarnInventory(packages: RegistryPackages): Inventory {
  return {
    async resolve(tool, context) {
      const classic = !semver.intersects(tool.want, '>=2')
      const listed = await packages.list(classic ? YARN.classic : YARN.berry, context.now)
      // Some versions of the new yarn were published under the name of the old one.
      const versions = listed.versions.filter(({ version }) => semver.major(version) < 2 === classic)
      return withNotes(chooseManager(tool, versions, context), tool, listed, context)
    },
  }
}

export function bunInventory(packages: RegistryPackages, architecture: string): Inventory {
  return {
    async resolve(tool, context) {
      const listed = await packages.list(bunPackage(architecture), context.now)
      return withNotes(chooseManager(tool, listed.versions, context), tool, listed, context)
    },
  }
}

function withNotes(
  found: Resolution,
  tool: Tool,
  { staleSince }: PackageList,
  { now }: ResolveContext,
): Resolution {
  return found.ok ? { ...found, notes: [...staleNote(tool.name, staleSince, now), ...found.notes] } : found
}

/**
 * The newest that fits and works with the Node that was chosen before. An exact version with its hash, as corepack
 * writes them, is checked against the registry; a hash of another kind replaces the registry's and is checked at the
 * download.
 */
export function chooseManager(
  tool: Tool,
  offered: readonly PackageVersion[],
  { resolved, locked }: Pick<ResolveContext, 'resolved' | 'locked'>,
): Resolution {
  const node = resolved.get('node')
  const sorted = [...offered].sort((a, b) => semver.rcompare(a.version, b.version))
  // One that is asked for by its full name may be a release candidate.
  const exact = semver.valid(tool.want)
  const usable = sorted.filter(({ version }) => version === exact || semver.prerelease(version) === null)
  const works = usable.filter((one) => node === undefined || worksWith(one, node))
  const fits = works.filter(({ version }) => semver.satisfies(version, tool.want))
  const chosen = fits.find(({ version }) => version === locked) ?? fits[0]
  if (chosen !== undefined) return checked(tool, chosen)
  const exists = usable.find(({ version }) => semver.satisfies(version, tool.want))
  const near = nearest(
    works.map(({ version }) => version),
    tool.want,
  )
  const advice = near.length === 0 ? '' : `These work: ${near.join(', ')}. `
  return {
    ok: false,
    message:
      exists === undefined || node === undefined
        ? `${tool.name} ${tool.want} is not available (asked for by ${tool.from})`
        : `${tool.name} ${exists.version} does not work with Node ${node}: it needs ${exists.node ?? 'another'} (asked for by ${tool.from})`,
    hint:
      exists === undefined
        ? `${advice}Name one in package.json#packageManager.`
        : `${advice}Name one in package.json#packageManager, or ask for another Node in package.json#engines.node.`,
  }
}

function worksWith({ node: range }: PackageVersion, node: string): boolean {
  return range === null || semver.validRange(range) === null || semver.satisfies(node, range)
}

function checked(tool: Tool, { version, integrity, tarball }: PackageVersion): Resolution {
  const algorithm = tool.hash?.split('-')[0]
  if (tool.hash !== null && integrity.startsWith(`${algorithm ?? ''}-`) && integrity !== tool.hash) {
    return {
      ok: false,
      message: `${tool.name} ${version} in the package registry is not what ${tool.from} says: the hash differs`,
      hint: `Write it anew with \`corepack use ${tool.name}@${version}\`. If it stays different, somebody exchanged it: ask the operator which registry this is.`,
    }
  }
  return { ok: true, version, hash: tool.hash ?? integrity, url: tarball, notes: [] }
}
