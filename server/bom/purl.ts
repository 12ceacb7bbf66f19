import type { Component, Ecosystem } from './component.ts'

const encode = (text: string) => encodeURIComponent(text).replaceAll('%3A', ':')
/** As purl wants it: everything but the plainest characters is escaped. */
const strict = (text: string) =>
  encode(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

/** What stands in front of the last part of a name: scope, group, vendor, the path of a module. */
export function splitName({ ecosystem, name }: Pick<Component, 'ecosystem' | 'name'>): {
  group: string | null
  name: string
} {
  const at = ecosystem === 'maven' ? name.indexOf(':') : name.lastIndexOf('/')
  return at <= 0 ? { group: null, name } : { group: name.slice(0, at), name: name.slice(at + 1) }
}

const LOWER: ReadonlySet<Ecosystem> = new Set(['pypi', 'golang', 'composer', 'deb', 'hex'])

/** A package URL, e.g. `pkg:npm/%40scope/name@1.0.0`. Pure. */
export function purlOf(component: Pick<Component, 'ecosystem' | 'name' | 'version'>): string {
  const { ecosystem, version } = component
  const split = splitName(component)
  const cased = (text: string) => (LOWER.has(ecosystem) ? text.toLowerCase() : text)
  const name = cased(ecosystem === 'pypi' ? split.name.replaceAll(/[._-]+/g, '-') : split.name)
  const group = ecosystem === 'deb' ? 'debian' : split.group
  const path = group === null ? '' : `${cased(group).split('/').map(strict).join('/')}/`
  return `pkg:${ecosystem}/${path}${strict(name)}@${strict(version)}`
}
