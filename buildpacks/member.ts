import { own } from './own.ts'
import type { LanguagePlan, PlanContext } from './provider.ts'
import { override } from './settings.ts'
import { shellWord } from './shell-word.ts'

/** A command that runs in the app's folder; the last of it takes the place of the shell. */
export function inFolder(folder: string, command: string): string {
  if (folder === '.') return command
  const plain = /^[\w./@-]+(?:\s|$)/.test(command) && !/[;&|<>`\n]|\$\(/.test(command)
  return `cd ${shellWord(folder)} && ${plain && !/^(?:cd|exec|export)\b/.test(command) ? 'exec ' : ''}${command}`
}

/** A command of a step that runs in a folder, and leaves the others where they are. */
export function stepIn(folder: string, command: string): string {
  return folder === '.' ? command : `(cd ${shellWord(folder)} && ${command})`
}

/** Commands that the app itself names, as they are run when the app is a folder of what is built. */
export function rewritesIn(
  folder: string,
  { procfile, settings }: PlanContext,
  direct: Readonly<Record<string, string>> = {},
): Record<string, string> {
  if (folder === '.') return { ...direct }
  const set = override(settings, 'SKYPANEL_START_CMD')
  const written = Object.values(procfile).map(({ command }) => command)
  return Object.fromEntries(
    [...written, ...(set === null ? [] : [set.value])].map((command) => [
      command,
      inFolder(folder, own(direct, command) ?? command),
    ]),
  )
}

/** The plan of an app that is built from the root of its repository, and runs in its own folder. */
export function asMember(planned: LanguagePlan, context: PlanContext, folder: string): LanguagePlan {
  const processes = Object.entries(planned.processes).map(([type, { command, from }]) => [
    type,
    { command: inFolder(folder, command), from },
  ])
  return {
    ...planned,
    root: '.',
    processes: Object.fromEntries(processes) as LanguagePlan['processes'],
    rewrites: rewritesIn(folder, context, planned.rewrites),
  }
}
