import type { Bom } from '../contract/bom.ts'
import { type Component, type Finding, keyOf } from './component.ts'
import { purlOf, splitName } from './purl.ts'

export interface BomFacts {
  readonly app: string
  readonly version: number
  readonly build: string
  readonly commit: string | null
  readonly stack: string
  /** When the build ended, RFC 3339. */
  readonly time: string
  readonly platform: string
}

/** A CycloneDX 1.6 document. The same build gives the same bytes for a release, whenever it is asked for. Pure. */
export function makeBom(
  facts: BomFacts,
  components: readonly Component[],
  findings: readonly Finding[],
): Bom {
  const root = `app:${facts.app}@v${facts.version}`
  const refs = new Map(components.map((one) => [keyOf(one), purlOf(one)]))
  const stack = `stack:${facts.stack}`
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${facts.build}`,
    version: 1,
    metadata: {
      timestamp: facts.time,
      tools: { components: [{ type: 'application', name: 'SkyPanel', version: facts.platform }] },
      component: {
        type: 'application',
        'bom-ref': root,
        name: facts.app,
        version: `v${facts.version}`,
        ...(facts.commit === null ? {} : { properties: [{ name: 'skypanel:commit', value: facts.commit }] }),
      },
    },
    components: [
      { type: 'operating-system', 'bom-ref': stack, name: facts.stack },
      ...[...new Map(components.map((one) => [purlOf(one), one]))].map(([purl, one]) => {
        const { group, name } = splitName(one)
        return {
          type: 'library' as const,
          'bom-ref': purl,
          ...(group === null ? {} : { group }),
          name,
          version: one.version,
          purl,
          properties: [{ name: 'skypanel:found', value: one.from }],
        }
      }),
    ],
    dependencies: [{ ref: root, dependsOn: [stack, ...new Set(refs.values())] }],
    vulnerabilities: findings.flatMap((finding) => {
      const ref = refs.get(keyOf(finding))
      if (ref === undefined) return []
      return [
        {
          'bom-ref': `${finding.id}:${ref}`,
          id: finding.id,
          source: { name: finding.source },
          ratings: [{ severity: finding.severity }],
          description: finding.title,
          ...(finding.fixedIn === null ? {} : { recommendation: `Upgrade to ${finding.fixedIn}.` }),
          ...(finding.url === null ? {} : { advisories: [{ url: finding.url }] }),
          affects: [{ ref }],
        },
      ]
    }),
  }
}
