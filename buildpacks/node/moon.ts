import { posix } from 'node:path'
import type { FileView } from '../file-view.ts'

const MAX_PROJECTS = 1000

export function usesMoon(view: FileView): boolean {
  return view.exists('.moon/workspace.yml') || view.exists('.moon/workspace.json')
}

/** Folders of a repository's Moon projects, with the names that Moon knows them by. */
export function moonProjects(view: FileView): Map<string, string> {
  if (!usesMoon(view)) return new Map()
  const config = textOf(view, '.moon/workspace.yml')
  // `projects:` as a table gives names of its own: `web: 'apps/web'`.
  const named = new Map(
    [...blockOf(config, 'projects').matchAll(/^\s+['"]?([\w./@-]+)['"]?:\s*['"]?([\w./@-]+)['"]?\s*$/gm)].map(
      ([, name, folder]) => [posix.normalize(folder ?? ''), name ?? ''],
    ),
  )
  const folders = view
    .list('**/moon.yml')
    .slice(0, MAX_PROJECTS)
    .map((file) => posix.dirname(file))
  return new Map(
    [...new Set([...folders, ...named.keys()])]
      .filter((folder) => folder !== '.' && view.exists(folder))
      .map((folder) => {
        const id = /^id:\s*['"]?([\w./@-]+)/m.exec(textOf(view, posix.join(folder, 'moon.yml')))?.[1]
        return [folder, id ?? named.get(folder) ?? posix.basename(folder)]
      }),
  )
}

/** Names behind `dependsOn` of a project: `- 'words'`, `- id: words` or `['words']`. */
export function moonNeeds(view: FileView, folder: string): string[] {
  if (!usesMoon(view)) return []
  const text = textOf(view, posix.join(folder, 'moon.yml'))
  const flow = /^dependsOn:\s*\[(.*)\]/m.exec(text)?.[1]
  if (flow !== undefined) return [...flow.matchAll(/['"]?([\w./@-]+)['"]?/g)].map(([, name]) => name ?? '')
  return [...blockOf(text, 'dependsOn').matchAll(/^\s+-\s+(?:id:\s*)?['"]?([\w./@-]+)/gm)].map(
    ([, name]) => name ?? '',
  )
}

/** Whether Moon has a task `build` for a project: of its own, or one that all inherit. */
export function moonBuilds(view: FileView, folder: string): boolean {
  const inherited = ['.moon/tasks.yml', ...view.list('.moon/tasks/**/*.yml')]
  return [posix.join(folder, 'moon.yml'), ...inherited].some((path) =>
    /^[ \t]+build:/m.test(blockOf(textOf(view, path), 'tasks')),
  )
}

/** The command of a project's own task `build`; null when it has none that can be run without Moon. */
export function moonCommand(view: FileView, folder: string): string | null {
  const tasks = blockOf(textOf(view, posix.join(folder, 'moon.yml')), 'tasks')
  const build = /^([ \t]+)build:[^\n]*\n((?:\1[ \t]+[^\n]*\n|[ \t]*\n)*)/m.exec(tasks)?.[2]
  if (build === undefined) return null
  const command = /^\s+(?:command|script):\s*(?:'([^'\n]*)'|"([^"\n]*)"|([^\n]*?))\s*$/m.exec(build)
  const text = (command?.[1] ?? command?.[2] ?? command?.[3] ?? '').trim()
  // What Moon would fill in, nobody else can.
  return text === '' || /\$\w|@\w+\(/.test(text) ? null : text
}

function textOf(view: FileView, path: string): string {
  const file = view.read(path, 256 * 1024)
  return file.ok ? `${file.text}\n` : ''
}

/** The indented lines below a key at the left margin. */
function blockOf(text: string, key: string): string {
  return (
    new RegExp(`^${key}:[^\\n]*\\n((?:[ \\t]+[^\\n]*\\n|[ \\t]*\\n|-[^\\n]*\\n)*)`, 'm').exec(text)?.[1] ?? ''
  )
}
