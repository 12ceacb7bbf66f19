import type { Finding } from '../bom/component.ts'

const AV: Readonly<Record<string, number>> = { N: 0.85, A: 0.62, L: 0.55, P: 0.2 }
const AC: Readonly<Record<string, number>> = { L: 0.77, H: 0.44 }
const PR: Readonly<Record<string, number>> = { N: 0.85, L: 0.62, H: 0.27 }
const PR_CHANGED: Readonly<Record<string, number>> = { N: 0.85, L: 0.68, H: 0.5 }
const UI: Readonly<Record<string, number>> = { N: 0.85, R: 0.62 }
const IMPACT: Readonly<Record<string, number>> = { H: 0.56, L: 0.22, N: 0 }

/** Rounds up to one decimal, as the standard spells it out. */
function roundUp(value: number): number {
  const whole = Math.round(value * 100_000)
  return whole % 10_000 === 0 ? whole / 100_000 : (Math.floor(whole / 10_000) + 1) / 10
}

/** The base score of a CVSS 3.0 or 3.1 vector, 0 to 10; null: it is none. Pure. */
export function cvss3Score(vector: string): number | null {
  const parts = new Map(vector.split('/').map((part) => part.split(':', 2) as [string, string]))
  if (!/^CVSS:3\.[01]\//.test(vector)) return null
  const changed = parts.get('S') === 'C'
  const of = (name: string, table: Readonly<Record<string, number>>) => table[parts.get(name) ?? '']
  const numbers = [
    of('AV', AV),
    of('AC', AC),
    of('PR', changed ? PR_CHANGED : PR),
    of('UI', UI),
    of('C', IMPACT),
    of('I', IMPACT),
    of('A', IMPACT),
  ]
  const [av, ac, pr, ui, c, i, a] = numbers
  if (
    av === undefined ||
    ac === undefined ||
    pr === undefined ||
    ui === undefined ||
    c === undefined ||
    i === undefined ||
    a === undefined
  )
    return null
  const base = 1 - (1 - c) * (1 - i) * (1 - a)
  const impact = changed ? 7.52 * (base - 0.029) - 3.25 * (base - 0.02) ** 15 : 6.42 * base
  if (impact <= 0) return 0
  const exploitability = 8.22 * av * ac * pr * ui
  return roundUp(Math.min((changed ? 1.08 : 1) * (impact + exploitability), 10))
}

export function severityOfScore(score: number): Finding['severity'] {
  if (score >= 9) return 'critical'
  if (score >= 7) return 'high'
  return score >= 4 ? 'medium' : 'low'
}
