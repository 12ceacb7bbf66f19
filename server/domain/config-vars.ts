import type { ConfigVars } from '../contract/config-vars.ts'
import { MAX_CONFIG_TOTAL, MAX_CONFIG_VALUE } from '../contract/config-vars.ts'

export type ConfigPatch = Readonly<Record<string, string | null>>

export interface ConfigChange {
  readonly set: readonly string[]
  readonly unset: readonly string[]
  readonly result: ConfigVars
}

/** What a patch changes of what is there; setting what is set already, or unsetting what is not there, is no change. */
export function planConfig(current: ConfigVars, patch: ConfigPatch): ConfigChange {
  const result = new Map(Object.entries(current))
  const set: string[] = []
  const unset: string[] = []
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) {
      if (result.delete(name)) unset.push(name)
    } else if (result.get(name) !== value) {
      result.set(name, value)
      set.push(name)
    }
  }
  // A null prototype is not needed: entries become own properties, `__proto__` as well.
  return {
    set: set.sort(),
    unset: unset.sort(),
    result: Object.fromEntries([...result].sort(([a], [b]) => (a < b ? -1 : 1))),
  }
}

/**
 * Why vars cannot be kept; null if they can. Values are never part of the sentence.
 * @param bytes length of a text in UTF-8
 */
export function refuseConfig(vars: ConfigVars, bytes: (text: string) => number): string | null {
  let total = 0
  for (const [name, value] of Object.entries(vars)) {
    if (value.includes('\0'))
      return `The value of ${name} holds a NUL character, which no environment can carry.`
    const length = bytes(value)
    if (length > MAX_CONFIG_VALUE)
      return `The value of ${name} has ${length} bytes; ${MAX_CONFIG_VALUE} are allowed.`
    total += bytes(name) + length
  }
  if (total > MAX_CONFIG_TOTAL)
    return `All config vars together have ${total} bytes; ${MAX_CONFIG_TOTAL} are allowed.`
  return null
}

/** The description of the release, in Heroku's words: `Set A, B config vars; unset C config var`. */
export function describeConfig({ set, unset }: Pick<ConfigChange, 'set' | 'unset'>): string {
  const names = (list: readonly string[]) => {
    const shown = list.slice(0, 10).join(', ')
    return `${shown}${list.length > 10 ? ` and ${list.length - 10} more` : ''} config var${list.length === 1 ? '' : 's'}`
  }
  const parts = [
    ...(set.length > 0 ? [`set ${names(set)}`] : []),
    ...(unset.length > 0 ? [`unset ${names(unset)}`] : []),
  ]
  const text = parts.join('; ')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}
