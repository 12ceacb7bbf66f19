import type { FileView } from '../file-view.ts'

export interface Shard {
  readonly name: string | null
  /** Of `crystal: ">= 1.0.0"`. */
  readonly crystal: string | null
  readonly depends: boolean
  /** Programs, by `targets:`. */
  readonly targets: readonly { readonly name: string; readonly main: string }[]
}

const NAME = /^[\w.-]+$/
const PATH = /^[\w./-]+$/

/** The few plain lines of shard.yml that matter; it is YAML, of which people write the same handful of forms. */
export function readShard(view: FileView): Shard {
  const file = view.read('shard.yml')
  const text = file.ok ? file.text.replaceAll(/^[ \t]*#.*$/gm, '') : ''
  const value = (key: string) => {
    const line = new RegExp(`^${key}:(.*)$`, 'm').exec(text)?.[1]?.replace(/\s#.*/, '').trim() ?? ''
    const plain = line.replace(/^["']/, '').replace(/["']$/, '')
    return plain === '' ? null : plain
  }
  const block = /^targets:[ \t]*\n((?:[ \t]+.*\n?|\n)*)/m.exec(text)?.[1] ?? ''
  const targets = [...block.matchAll(/^[ \t]+([\w.-]+):[ \t]*\n[ \t]+main:[ \t]*["']?([\w./-]+)/gm)]
    .map(([, name = '', main = '']) => ({ name, main }))
    .filter(({ name, main }) => NAME.test(name) && PATH.test(main))
  return {
    name: value('name'),
    crystal: value('crystal'),
    depends: /^dependencies:[ \t]*\n[ \t]+\S/m.test(text),
    targets: targets.length > 0 ? targets : byConvention(view, value('name')),
  }
}

/** Without targets: the file called like the shard, or what people call their main file. */
function byConvention(view: FileView, name: string | null): Shard['targets'] {
  const named = name === null || !NAME.test(name) ? [] : [`src/${name}.cr`]
  const main = [
    ...named,
    'src/server.cr',
    'src/app.cr',
    'src/main.cr',
    'server.cr',
    'app.cr',
    'main.cr',
  ].find((path) => view.exists(path))
  const only = [...view.list('src/*.cr'), ...view.list('*.cr')]
  const found = main ?? (only.length === 1 ? only[0] : undefined)
  return found === undefined || !PATH.test(found)
    ? []
    : [{ name: named.length > 0 && name !== null ? name : 'app', main: found }]
}
