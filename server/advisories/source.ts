import type { Component, Finding } from '../bom/component.ts'

/** Somebody who knows of vulnerabilities. */
export interface AdvisorySource {
  /** For people: `The npm registry`. */
  readonly name: string
  covers(component: Component): boolean
  /** What is known against each, in their order. @throws when it does not answer; who asks says so and goes on. */
  ask(components: readonly Component[], signal: AbortSignal): Promise<Finding[][]>
}

/** It answers, but not to this question; asking again soon is of no use. */
export class TellsNothing extends Error {}

/** Text of strangers, for one line of a log. */
export const plain = (text: string, most = 140): string => {
  const line = text.replaceAll(/\p{Cc}+/gu, ' ').trim()
  return line.length > most ? `${line.slice(0, most - 1)}…` : line
}

export function severityOf(text: unknown): Finding['severity'] {
  switch (String(text).toLowerCase()) {
    case 'low':
      return 'low'
    case 'moderate':
    case 'medium':
      return 'medium'
    case 'high':
      return 'high'
    case 'critical':
      return 'critical'
    default:
      return 'unknown'
  }
}
