import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import semver from 'semver'
import { z } from 'zod'
import { compareReleases, releaseOf } from '../../buildpacks/pep440.ts'
import type { Component, Ecosystem, Finding } from '../bom/component.ts'
import { cvss3Score, severityOfScore } from './cvss.ts'
import { type AdvisorySource, plain, severityOf } from './source.ts'

const Range = z.object({
  type: z.string(),
  events: z.array(
    z.object({
      introduced: z.string().optional(),
      fixed: z.string().optional(),
      last_affected: z.string().optional(),
    }),
  ),
})

export const OsvRecord = z.object({
  id: z.string(),
  summary: z.string().optional(),
  details: z.string().optional(),
  aliases: z.array(z.string()).default([]),
  withdrawn: z.string().optional(),
  severity: z.array(z.object({ type: z.string(), score: z.string() })).default([]),
  database_specific: z.object({ severity: z.string().optional() }).loose().nullish(),
  references: z.array(z.object({ type: z.string(), url: z.string() })).default([]),
  affected: z
    .array(
      z.object({
        package: z.object({ ecosystem: z.string(), name: z.string() }).optional(),
        ranges: z.array(Range).default([]),
        versions: z.array(z.string()).default([]),
      }),
    )
    .default([]),
})
export type OsvRecord = z.infer<typeof OsvRecord>

const NAMES: Readonly<Record<string, Ecosystem>> = {
  npm: 'npm',
  PyPI: 'pypi',
  Go: 'golang',
  'crates.io': 'cargo',
  RubyGems: 'gem',
  Packagist: 'composer',
  Maven: 'maven',
  Hex: 'hex',
  NuGet: 'nuget',
}

const keyOf = (ecosystem: Ecosystem, name: string) =>
  `${ecosystem}:${ecosystem === 'pypi' ? name.toLowerCase().replaceAll(/[._-]+/g, '-') : name}`

/** Negative, 0 or positive; null where the two cannot be compared. Pure. */
function compare(ecosystem: Ecosystem, a: string, b: string): number | null {
  if (ecosystem === 'pypi') {
    const [x, y] = [releaseOf(a), releaseOf(b)]
    return x === null || y === null ? null : compareReleases(x, y)
  }
  const [x, y] = [
    semver.parse(a, { loose: true }) ?? semver.coerce(a),
    semver.parse(b, { loose: true }) ?? semver.coerce(b),
  ]
  return x === null || y === null ? null : semver.compare(x, y)
}

/** Whether a range holds a version, and the version that mends it, if one is known. Pure. */
function within(
  ecosystem: Ecosystem,
  version: string,
  range: z.infer<typeof Range>,
): { readonly fix: string | null } | null {
  if (range.type === 'GIT') return null
  let inside = false
  let fix: string | null = null
  for (const { introduced, fixed, last_affected: last } of range.events) {
    if (introduced !== undefined) {
      const order = introduced === '0' ? 1 : compare(ecosystem, version, introduced)
      if (order !== null && order >= 0) inside = true
    }
    if (inside && fixed !== undefined) {
      const order = compare(ecosystem, version, fixed)
      if (order === null || order >= 0) inside = false
      else fix ??= fixed
    }
    if (inside && last !== undefined) {
      const order = compare(ecosystem, version, last)
      if (order === null || order > 0) inside = false
    }
  }
  return inside ? { fix } : null
}

/** What a record says of a package's version; null: nothing. Pure. */
export function matchOsv(record: OsvRecord, component: Component): Finding | null {
  if (record.withdrawn !== undefined) return null
  const { ecosystem, version } = component
  for (const { package: of, ranges, versions } of record.affected) {
    const its = of === undefined ? undefined : NAMES[of.ecosystem]
    if (of === undefined || its !== ecosystem || keyOf(its, of.name) !== keyOf(ecosystem, component.name))
      continue
    const hits = ranges.flatMap((range) => within(ecosystem, version, range) ?? [])
    if (hits.length === 0 && !versions.includes(version)) continue
    return {
      ecosystem,
      name: component.name,
      version,
      id: record.id,
      title: plain(record.summary ?? record.details ?? ''),
      severity: gravity(record),
      fixedIn: hits.find(({ fix }) => fix !== null)?.fix ?? null,
      url:
        record.references.find(({ type }) => type === 'ADVISORY')?.url ?? record.references[0]?.url ?? null,
      source: 'osv',
    }
  }
  return null
}

function gravity(record: OsvRecord): Finding['severity'] {
  const stated = severityOf(record.database_specific?.severity)
  if (stated !== 'unknown') return stated
  const scores = record.severity.flatMap(({ score }) => cvss3Score(score) ?? [])
  return scores.length === 0 ? 'unknown' : severityOfScore(Math.max(...scores))
}

const FILES_AT_ONCE = 64

/**
 * Records of a folder that the operator fills (`*.json`, OSV's own format). Which file speaks of which package is read
 * once, and again when the folder changes; the records themselves are read when they are asked for.
 */
export function osvFolder(folder: string): AdvisorySource {
  let index: { readonly changed: number; readonly files: ReadonlyMap<string, readonly string[]> } | null =
    null
  async function files(): Promise<ReadonlyMap<string, readonly string[]>> {
    const { mtimeMs } = await stat(folder)
    if (index?.changed !== mtimeMs) index = { changed: mtimeMs, files: await readIndex(folder) }
    return index.files
  }
  return {
    name: 'The folder of OSV files',
    covers: ({ ecosystem }) => Object.values(NAMES).includes(ecosystem),
    async ask(components, signal) {
      const byPackage = await files()
      const found: Finding[][] = []
      for (const component of components) {
        signal.throwIfAborted()
        const named = byPackage.get(keyOf(component.ecosystem, component.name)) ?? []
        const records = await Promise.all(named.map((file) => readRecord(join(folder, file))))
        found.push(records.flatMap((record) => (record === null ? [] : (matchOsv(record, component) ?? []))))
      }
      return found
    },
  }
}

async function readIndex(folder: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>()
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'))
  for (let at = 0; at < names.length; at += FILES_AT_ONCE) {
    const part = names.slice(at, at + FILES_AT_ONCE)
    const records = await Promise.all(part.map((name) => readRecord(join(folder, name))))
    for (const [place, record] of records.entries()) {
      for (const { package: of } of record?.affected ?? []) {
        const ecosystem = of === undefined ? undefined : NAMES[of.ecosystem]
        if (of === undefined || ecosystem === undefined) continue
        const key = keyOf(ecosystem, of.name)
        const files = found.get(key) ?? []
        const name = part[place] ?? ''
        if (!files.includes(name)) files.push(name)
        found.set(key, files)
      }
    }
  }
  return found
}

async function readRecord(file: string): Promise<OsvRecord | null> {
  try {
    return OsvRecord.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch {
    // One that cannot be read tells of nothing; the others do.
    return null
  }
}
