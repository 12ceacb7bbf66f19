import type { Registries } from '../../buildpacks/registries.ts'
import { type Component, type Finding, keyOf, SEVERITIES } from '../bom/component.ts'
import { type AdvisoryCache, openAdvisoryCache } from './cache.ts'
import { npmAdvisories } from './npm-advisories.ts'
import { osvFolder } from './osv.ts'
import { pypiAdvisories } from './pypi-advisories.ts'
import { type AdvisorySource, plain, TellsNothing } from './source.ts'

/** ms: one that does not tell of vulnerabilities at all is left alone for as long. */
const SILENT = 3600_000

export interface Asked {
  readonly findings: readonly Finding[]
  /** Packages that somebody was asked about. */
  readonly checked: number
  /** Who did not answer, and why: sentences for people. */
  readonly silent: readonly string[]
}

export interface Advisories {
  ask(components: readonly Component[], now: number, signal: AbortSignal): Promise<Asked>
}

interface Member {
  readonly source: AdvisorySource
  /** null: nothing to be kept, it is read from the disk anyway. */
  readonly cache: Promise<AdvisoryCache> | null
  silentUntil: number
  why: string
}

/** Everybody who is configured: the clients' own registries, and a folder. */
export function createAdvisories(
  registries: Pick<Registries, 'npm' | 'pip'> | null,
  osv: string | null,
  cacheFolder: string,
): Advisories {
  const members: Member[] = []
  const add = (source: AdvisorySource | null, place: string | null) => {
    if (source === null) return
    const cache = place === null ? null : openAdvisoryCache(cacheFolder, `${source.name} ${place}`)
    members.push({ source, cache, silentUntil: 0, why: '' })
  }
  if (registries !== null) {
    add(npmAdvisories(registries.npm.registry), registries.npm.registry)
    const index = registries.pip.indexUrl ?? registries.pip.ownIndex ?? null
    if (index !== null) add(pypiAdvisories(index), index)
  }
  if (osv !== null) add(osvFolder(osv), null)
  return {
    async ask(components, now, signal) {
      const replies = await Promise.all(members.map((member) => askOne(member, components, now, signal)))
      const checked = new Set(replies.flatMap(({ checked: keys }) => keys))
      return {
        findings: sorted(replies.flatMap(({ findings }) => findings)),
        checked: checked.size,
        silent: replies.flatMap(({ silent }) => silent ?? []),
      }
    },
  }
}

async function askOne(
  member: Member,
  components: readonly Component[],
  now: number,
  signal: AbortSignal,
): Promise<{ findings: Finding[]; checked: string[]; silent: string | null }> {
  const { source } = member
  const mine = components.filter((one) => source.covers(one))
  if (mine.length === 0) return { findings: [], checked: [], silent: null }
  const cache = await member.cache
  const known = new Map<string, Finding[]>()
  const open: Component[] = []
  for (const one of mine) {
    const findings = cache?.get(keyOf(one), now) ?? null
    if (findings === null) open.push(one)
    else known.set(keyOf(one), findings)
  }
  let silent: string | null = null
  if (open.length > 0 && now < member.silentUntil) silent = member.why
  else if (open.length > 0) {
    try {
      const replies = await source.ask(open, signal)
      const fresh = new Map(open.map((one, at) => [keyOf(one), replies[at] ?? []]))
      for (const [key, findings] of fresh) known.set(key, findings)
      await cache?.put(fresh, now)
    } catch (error) {
      silent = `${source.name} was asked for known vulnerabilities in vain: ${reasonOf(error, signal)}.`
      if (error instanceof TellsNothing) Object.assign(member, { silentUntil: now + SILENT, why: silent })
    }
  }
  return { findings: [...known.values()].flat(), checked: [...known.keys()], silent }
}

function reasonOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'it did not answer in time'
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return plain(cause instanceof Error ? cause.message : String(cause), 200).replace(/\.$/, '')
}

/** The gravest first; one that two sources tell of, once. */
function sorted(findings: readonly Finding[]): Finding[] {
  const rank = ({ severity }: Finding) => SEVERITIES.indexOf(severity)
  const once = new Map<string, Finding>()
  for (const finding of findings) {
    const key = `${keyOf(finding)} ${finding.id}`
    const before = once.get(key)
    if (before === undefined || rank(before) < rank(finding)) once.set(key, finding)
  }
  const text = (finding: Finding) => `${keyOf(finding)} ${finding.id}`
  return [...once.values()].sort((a, b) => rank(b) - rank(a) || (text(a) < text(b) ? -1 : 1))
}
