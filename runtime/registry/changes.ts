import type { RegisteredInstance } from '../../server/contract/directory.ts'

/** What has to be written so that `present` becomes `wanted`: nothing for what is the same. */
export function planChanges(
  present: readonly RegisteredInstance[],
  wanted: readonly RegisteredInstance[],
): { readonly add: readonly RegisteredInstance[]; readonly remove: readonly string[] } {
  const before = new Map(present.map((instance) => [instance.id as string, instance]))
  const ids = new Set(wanted.map((instance) => instance.id as string))
  const same = (a: RegisteredInstance | undefined, b: RegisteredInstance) =>
    a !== undefined &&
    a.app === b.app &&
    a.name === b.name &&
    a.release === b.release &&
    a.address === b.address &&
    a.port === b.port
  return {
    add: wanted.filter((instance) => !same(before.get(instance.id), instance)),
    remove: [...before.keys()].filter((id) => !ids.has(id)),
  }
}
