import type { Component } from './component.ts'

const END = Buffer.from('PK\x05\x06', 'latin1')
const ENTRY = 0x02014b50

/** Names of the entries of a zip archive, from its directory at the end; empty when it is none. Pure. */
export function zipNames(archive: Buffer): string[] {
  const end = archive.lastIndexOf(END)
  if (end < 0 || end + 20 > archive.length) return []
  const names: string[] = []
  let at = archive.readUInt32LE(end + 16)
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (at + 46 > archive.length || archive.readUInt32LE(at) !== ENTRY) break
    const length = archive.readUInt16LE(at + 28)
    names.push(archive.toString('utf8', at + 46, at + 46 + length))
    at += 46 + length + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32)
  }
  return names
}

const JAR = /^(.+?)-(\d[\w.+-]*?)(?:-(?:plain|all|exec|runner))?\.jar$/

/** `name-1.2.3.jar` as a package; the group is in the jar, if anywhere. Pure. */
export function jarComponent(file: string, group: string | null, from: string): Component | null {
  const [, artifact, version] = JAR.exec(file.slice(file.lastIndexOf('/') + 1)) ?? []
  if (artifact === undefined || version === undefined) return null
  return group === null
    ? { ecosystem: 'generic', name: artifact, version, from }
    : { ecosystem: 'maven', name: `${group}:${artifact}`, version, from }
}

/** A jar and those that it carries (Spring Boot, WAR files). Groups are told by what Maven leaves in a jar. Pure. */
export function jarComponents(
  file: string,
  names: readonly string[],
  groups: ReadonlyMap<string, string>,
  from: string,
): Component[] {
  const inner = names.filter((name) => /^(BOOT-INF|WEB-INF)\/lib\/[^/]+\.jar$/.test(name))
  const groupOf = (path: string): string | null => {
    const artifact = JAR.exec(path.slice(path.lastIndexOf('/') + 1))?.[1]
    return artifact === undefined ? null : (groups.get(artifact) ?? null)
  }
  if (inner.length > 0) return inner.flatMap((path) => jarComponent(path, groupOf(path), from) ?? [])
  const own = names.flatMap((name) => /^META-INF\/maven\/([^/]+)\/([^/]+)\/pom\.properties$/.exec(name) ?? [])
  const component = jarComponent(file, own.length === 3 ? (own[1] ?? null) : groupOf(file), from)
  return component === null ? [] : [component]
}
