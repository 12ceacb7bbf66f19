import type { FileView } from '../file-view.ts'
import { own } from '../own.ts'

/** Tasks of deno.json or deno.jsonc; empty when there are none or the file is not JSON. */
export function readTasks(view: FileView): Readonly<Record<string, string>> {
  for (const path of ['deno.json', 'deno.jsonc']) {
    const file = view.read(path)
    if (!file.ok) continue
    try {
      const parsed: unknown = JSON.parse(plainJson(file.text))
      const tasks = typeof parsed === 'object' && parsed !== null && 'tasks' in parsed ? parsed.tasks : null
      if (typeof tasks !== 'object' || tasks === null) return {}
      return Object.fromEntries(Object.entries(tasks).flatMap(([name, task]) => textOf(name, task)))
    } catch {
      return {}
    }
  }
  return {}
}

/** A task is a command, or a record that holds one. */
function textOf(name: string, task: unknown): [string, string][] {
  if (typeof task === 'string') return [[name, task]]
  if (typeof task !== 'object' || task === null) return []
  const command = own(task as Record<string, unknown>, 'command')
  return typeof command === 'string' ? [[name, command]] : []
}

/** Comments and trailing commas taken out; strings stay as they are. */
export function plainJson(text: string): string {
  return text
    .replaceAll(/("(?:\\.|[^"\\])*")|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (_, string?: string) => string ?? '')
    .replaceAll(/("(?:\\.|[^"\\])*")|,(\s*[}\]])/g, (_, string?: string, end?: string) => string ?? end ?? '')
}
