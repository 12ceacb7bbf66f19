import semver from 'semver'
import { z } from 'zod'
import type { Component, Finding } from '../bom/component.ts'
import { type AdvisorySource, plain, severityOf, TellsNothing } from './source.ts'

const PACKAGES_AT_ONCE = 500

const Reply = z.record(
  z.string(),
  z.array(
    z.object({
      id: z.union([z.number(), z.string()]),
      url: z.string().optional(),
      title: z.string().default(''),
      severity: z.string().optional(),
      vulnerable_versions: z.string(),
    }),
  ),
)
type Advisory = z.infer<typeof Reply>[string][number]

/** What `npm audit` asks, of the registry that the machine's npm uses. */
export function npmAdvisories(registry: string): AdvisorySource {
  const url = new URL('-/npm/v1/security/advisories/bulk', registry.endsWith('/') ? registry : `${registry}/`)
  return {
    name: 'The npm registry',
    covers: ({ ecosystem }) => ecosystem === 'npm',
    async ask(components, signal) {
      const wanted = new Map<string, Set<string>>()
      for (const { name, version } of components)
        wanted.set(name, (wanted.get(name) ?? new Set()).add(version))
      const all = [...wanted].map(([name, versions]) => [name, [...versions]] as const)
      const known = new Map<string, readonly Advisory[]>()
      for (let at = 0; at < all.length; at += PACKAGES_AT_ONCE) {
        const part = Object.fromEntries(all.slice(at, at + PACKAGES_AT_ONCE))
        for (const [name, advisories] of Object.entries(await post(url, part, signal)))
          known.set(name, advisories)
      }
      return components.map((component) => matching(component, known.get(component.name) ?? []))
    },
  }
}

async function post(
  url: URL,
  body: Readonly<Record<string, readonly string[]>>,
  signal: AbortSignal,
): Promise<z.infer<typeof Reply>> {
  const reply = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
    signal,
  })
  if ([404, 405, 501].includes(reply.status))
    throw new TellsNothing(`it does not tell of vulnerabilities (status ${reply.status})`)
  if (!reply.ok) throw new Error(`it answered ${reply.status}`)
  return Reply.parse(await reply.json())
}

/** The advisories whose range holds the version. Pure. */
export function matching(component: Component, advisories: readonly Advisory[]): Finding[] {
  return advisories
    .filter(({ vulnerable_versions: range }) =>
      semver.satisfies(component.version, range, { includePrerelease: true, loose: true }),
    )
    .map((advisory) => ({
      ecosystem: 'npm',
      name: component.name,
      version: component.version,
      id: /GHSA(?:-[0-9a-z]{4}){3}/.exec(advisory.url ?? '')?.[0] ?? `npm-${advisory.id}`,
      title: plain(advisory.title),
      severity: severityOf(advisory.severity),
      fixedIn: fixOf(component.version, advisory.vulnerable_versions),
      url: advisory.url ?? null,
      source: 'npm',
    }))
}

/** Where the part of the range ends that holds the version: `>=2.0.0 <2.1.4` is mended in 2.1.4. Pure. */
export function fixOf(version: string, range: string): string | null {
  const part = range
    .split('||')
    .find((one) => semver.satisfies(version, one, { includePrerelease: true, loose: true }))
  return /<\s*(\d[\w.+-]*)/.exec(part ?? '')?.[1] ?? null
}
