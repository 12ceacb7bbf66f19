import type { VulnerabilityPolicy } from '../contract/apps.ts'
import { bang, head, indent } from '../build/output.ts'
import type { Finding } from '../bom/component.ts'
import type { Asked } from './ask-sources.ts'

const MOST_SHOWN = 15

/** `lodash 4.17.20 (npm): high: Command injection (GHSA-…), fixed in 4.17.21` */
export const findingText = ({ name, version, ecosystem, severity, title, id, fixedIn }: Finding): string =>
  `${name} ${version} (${ecosystem}): ${severity === 'unknown' ? '' : `${severity}: `}${title === '' ? '' : `${title} `}(${id})` +
  (fixedIn === null ? ', no fix is known' : `, fixed in ${fixedIn}`)

/** What ends a deploy where the app asks for that: what is grave, or may be. Pure. */
export const isBlocking = ({ severity }: Finding): boolean =>
  severity === 'high' || severity === 'critical' || severity === 'unknown'

/** What the build's log says of a check; nothing when nobody was asked about anything. Pure. */
export function checkLines({ findings, checked, silent }: Asked): string[] {
  if (checked === 0 && silent.length === 0) return []
  const more = findings.length - MOST_SHOWN
  return [
    head(
      checked === 0
        ? 'Known vulnerabilities could not be looked for'
        : `Looked for known vulnerabilities in ${checked} ${checked === 1 ? 'package' : 'packages'}`,
    ),
    ...silent.map(indent),
    ...findings.slice(0, MOST_SHOWN).map((finding) => bang(findingText(finding))),
    ...(more > 0 ? [indent(`and ${more} more; all of them: skypanel releases:sbom`)] : []),
    ...(findings.length === 0 && checked > 0 ? [indent('None is known')] : []),
  ]
}

/** Why a build must not be released; null: it may. Pure. */
export function refusal(policy: VulnerabilityPolicy, findings: readonly Finding[]): string | null {
  if (policy !== 'block') return null
  const grave = findings.filter(isBlocking)
  const [first] = grave
  if (first === undefined) return null
  const more = grave.length - 1
  return `the release would hold a known vulnerability: ${findingText(first)}${more > 0 ? `, and ${more} more` : ''}.`
}
