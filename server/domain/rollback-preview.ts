import type { RollbackPreview } from '../contract/releases.ts'

/** What of a release a rollback takes over; values of config vars in clear. */
export interface Compared {
  readonly version: number
  readonly commit: string
  readonly config: Readonly<Record<string, string>>
  readonly processTypes: Readonly<Record<string, string>>
}

type Quantities = readonly { readonly type: string; readonly quantity: number }[]

/**
 * What going back from `now` to `old` changes. Names of config vars leave, values never do.
 * @param quantities as they are and as they were when `old` was made
 */
export function previewRollback(
  now: Compared,
  old: Compared,
  quantities: { readonly now: Quantities; readonly old: Quantities },
  refusal: string | null,
): RollbackPreview {
  const config = differences(now.config, old.config)
  const types = differences(now.processTypes, old.processTypes)
  const were = new Map(quantities.old.map(({ type, quantity }) => [type, quantity]))
  return {
    from: now.version,
    to: old.version,
    refusal,
    commit: { from: now.commit, to: old.commit },
    config_vars: { added: config.added, removed: config.removed, changed: config.changed },
    process_types: {
      added: pick(old.processTypes, types.added),
      removed: pick(now.processTypes, types.removed),
      changed: Object.fromEntries(
        types.changed.map((type) => [
          type,
          { from: now.processTypes[type] ?? '', to: old.processTypes[type] ?? '' },
        ]),
      ),
    },
    formation: quantities.now.flatMap(({ type, quantity: from }) => {
      const to = were.get(type) ?? from
      return to === from ? [] : [{ type, from, to }]
    }),
  }
}

function differences(now: Readonly<Record<string, string>>, then: Readonly<Record<string, string>>) {
  const has = (of: object, name: string) => Object.hasOwn(of, name)
  return {
    added: Object.keys(then)
      .filter((name) => !has(now, name))
      .sort(),
    removed: Object.keys(now)
      .filter((name) => !has(then, name))
      .sort(),
    changed: Object.keys(then)
      .filter((name) => has(now, name) && now[name] !== then[name])
      .sort(),
  }
}

const pick = (from: Readonly<Record<string, string>>, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, from[name] ?? '']))
